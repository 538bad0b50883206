import CaseModel
import Schema

/// Cases in a table, one line each.
enum CaseListing {
    /// `limit`: at most this many lines; nil for all.
    static func show(
        _ records: [RecordID],
        limit: Int?,
        includesRetracted: Bool,
        orElse nothing: Message,
        in session: Session,
        _ clinic: Clinic
    ) throws {
        var table = Table([
            .init(.caseNumber), .init(.name), .init(.birthYear, right: true), .init(.sex), .init(.histology),
            .init(.stage),
            .init(.standing),
        ])
        var rows: [JSON] = []
        let shown = limit.map { records.prefix($0) } ?? records[...]
        for record in shown {
            guard let state = try clinic.state(of: record), includesRetracted || state.standing != .retracted else {
                continue
            }
            let line = try CaseLine(state, person: try clinic.person(of: record), clinic)
            table.add(line.cells)
            rows.append(line.json)
        }
        session.console.table(table, orElse: nothing)
        if shown.count < records.count { session.console.note(.moreNotShown(records.count - shown.count)) }
        session.console.json([
            ("cases", .array(rows)), ("not_shown", .integer(Int64(records.count - shown.count))),
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
        let isSealed = person?.fields.contains { $0.candidates.contains { $0.content.isSealed } } ?? false
        let name = identity?.hasName == true ? identity?.name.value ?? "" : isSealed ? say(.nameSealedHere) : ""
        let year = identity?.hasBirthYear == true ? identity.map { String($0.birthYear) } ?? "" : ""
        let sex = identity?.administrativeSex.words ?? ""
        let stage = body.hasStage ? body.stage.rendered.text : ""
        var marks = [state.standing.mark]
        if state.fields.contains(where: \.isConflict) { marks.append(say(Term.inConflict)) }
        cells = [
            number, name, year, sex, body.diagnosis.histology.words, stage,
            marks.filter { !$0.isEmpty }.joined(separator: ", "),
        ]
        var members: [(String, JSON)] = [
            ("case", .string(number)), ("reference", .string(clinic.names.reference(state.id))),
        ]
        if identity?.hasName == true { members.append(("name", .string(name))) }
        if let identity, identity.hasBirthYear { members.append(("birth_year", .integer(Int64(identity.birthYear)))) }
        if !sex.isEmpty { members.append(("sex", .string(sex))) }
        if body.hasDiagnosis { members.append(("diagnosis", body.diagnosis.rendered.json)) }
        if body.hasStage { members.append(("stage", body.stage.rendered.json)) }
        members.append(("standing", .string(state.standing.name)))
        members.append(("in_conflict", .bool(state.fields.contains(where: \.isConflict))))
        json = .object(members)
    }
}

extension FieldContent {
    /// Identifying and not opened here.
    var isSealed: Bool { if case .sealed = self { true } else { false } }
}
