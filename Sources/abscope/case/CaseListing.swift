import CaseModel
import CaseStore
import Schema

/// Cases in a table, one line each.
enum CaseListing {
    /// What was given as `--limit`; nil for all.
    ///
    /// - Throws: 65 for what is no whole number from 1.
    static func limit(_ typed: String?) throws -> Int? {
        try typed.map { try Values.wholeNumber($0, of: "limit", in: 1...1_000_000_000) }
    }

    /// `records`: nil for every case. `limit`: at most this many lines, from 1; nil for all.
    static func show(
        _ records: [RecordID]?,
        limit: Int?,
        includesRetracted: Bool,
        orElse nothing: Message,
        in session: Session,
        _ clinic: Clinic
    ) throws {
        let found = try clinic.caseLines(of: records, limit: limit) { state, person in
            includesRetracted || state.standing != .retracted ? try CaseLine(state, person: person, clinic) : nil
        }
        var table = Table([
            .init(.caseNumber), .init(.name), .init(.birthYear, right: true), .init(.sex), .init(.histology),
            .init(.stage), .init(.standing),
        ])
        for line in found.lines { table.add(line.cells) }
        session.console.table(table, orElse: nothing)
        if found.notShown > 0 { session.console.note(.moreNotShown(found.notShown)) }
        session.console.json([
            ("cases", .array(found.lines.map(\.json))), ("not_shown", .integer(Int64(found.notShown))),
        ])
    }
}

/// What one line of a list of cases says.
private struct CaseLine {
    var cells: [String]
    var json: JSON

    init(_ state: RecordState, person: RecordState?, _ clinic: Clinic) throws {
        let number = try clinic.caseNumber(state.id)
        let body = state.displayedBody(CaseBody.self).body
        let identity = person?.displayedBody(PersonBody.self).body
        let name = identity.flatMap { $0.hasName ? $0.name.value : nil }
        let hiddenName = name == nil ? person?.hiddenName(clinic.names) : nil
        let year = identity?.hasBirthYear == true ? identity.map { String($0.birthYear) } ?? "" : ""
        let sex = identity?.administrativeSex.words ?? ""
        let stage = body.hasStage ? body.stage.rendered.text : ""
        let isInConflict = !state.fieldsInConflict.isEmpty
        let marks = [state.standing.mark, isInConflict ? say(Term.inConflict) : ""]
        cells = [
            number, name ?? hiddenName?.text ?? "", year, sex, body.diagnosis.histology.words, stage,
            marks.filter { !$0.isEmpty }.joined(separator: ", "),
        ]
        var members: [(String, JSON)] = [
            ("case", .string(number)), ("reference", .string(clinic.names.reference(state.id))),
        ]
        if let name { members.append(("name", .string(name))) }
        if let hiddenName { members.append(("name", hiddenName.json)) }
        if let identity, identity.hasBirthYear { members.append(("birth_year", .integer(Int64(identity.birthYear)))) }
        if !sex.isEmpty { members.append(("sex", .string(sex))) }
        if body.hasDiagnosis { members.append(("diagnosis", body.diagnosis.rendered.json)) }
        if body.hasStage { members.append(("stage", body.stage.rendered.json)) }
        members.append(("standing", .string(state.standing.name)))
        members.append(("in_conflict", .bool(isInConflict)))
        json = .object(members)
    }
}

extension RecordState {
    /// Of a person: what stands for a name whose key is not here, or was destroyed.
    fileprivate func hiddenName(_ names: RecordNames) -> RenderedValue? {
        guard let name = Registry.fieldNumber("name", of: kind).flatMap({ self[$0] }), let shown = displayed(name),
            shown.isIdentifying
        else { return nil }
        return rendered(shown, field: name.field, names: names)
    }
}
