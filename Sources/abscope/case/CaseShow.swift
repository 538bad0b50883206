import ArgumentParser
import CaseModel
import LogFormat
import Schema
import SyncEngine

/// `abscope case show`.
struct CaseShow: StoreCommand {
    static let configuration = CommandConfiguration("show", .caseShow)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(caseNumber, in: clinic)
        let number = try clinic.caseNumber(record)
        let states = try clinic.states(of: record)
        let person = try clinic.person(of: record)
        let shown = ([person].compactMap(\.self) + states).filter { $0.standing != .retracted || $0.id == record }
        session.console.line(session.console.style.bold(number))
        let delivery =
            clinic.hasOtherSites
            ? try session.delivery(try session.knownPeers(), try session.log(), clinic.names) : nil
        let parts = try clinic.partsOfDocuments(in: record)
        let branches = try clinic.recordsOfBranches(in: record)
        if !branches.isEmpty { session.console.line(.fleet(.otherHistory(branches.count))) }
        let (erasures, leavesKeys) = try person.map { try clinic.erasures(of: $0.id) } ?? ([], false)
        for erasure in erasures { session.console.line(try clinic.message(erasure)) }
        if leavesKeys { session.console.line(.person(.keysLeft)) }
        let lesions = LesionBook(states)
        for state in shown where !erasures.contains(where: { $0.id == state.id }) && !isMeasurement(state, lesions) {
            show(
                state,
                in: session.console,
                clinic.names,
                delivery,
                parts[state.id] ?? [],
                isOfBranch: branches.contains(state.id),
                measured: lesions.readings.first { $0.record == state.id }?.text(lesions)
            )
        }
        let conflicts = shown.reduce(0) {
            $0 + $1.fieldsInConflict.count + ($1.standing == .disputed ? 1 : 0)
        }
        let pending = shown.reduce(0) { $0 + $1.pending.count }
        if conflicts > 0 { session.console.line(.conflictNotice(conflicts)) }
        if pending > 0 { session.console.line(.pendingNotice(pending)) }
        let whole = delivery?.outcome(
            of: shown.flatMap { $0.changes.map(\.id.entry) + (parts[$0.id] ?? []) }
        )
        if let message = whole?.message(clinic.names) { session.console.line(message) }
        let missing = clinic.missing(for: states.first { $0.id == record })
        clinic.tell(missing, on: session.console)
        try session.console.json(
            [
                ("case", .string(number)), ("conflict_count", .integer(Int64(conflicts))),
                ("pending_count", .integer(Int64(pending))),
            ] + clinic.missingMembers(missing) + (whole.map { [("delivery", $0.json(clinic.names))] } ?? [])
                + (branches.isEmpty
                    ? []
                    : [("of_other_history", .array(branches.sorted().map { .string(clinic.names.reference($0)) }))])
                + [("erasures", .array(try erasures.map { .object(try clinic.members($0)) }))]
                + [("records", .array(shown.map { $0.json(clinic.names) }))]
        )
        return conflicts > 0 || pending > 0 || !missing.isEmpty ? .findings : .success
    }

    /// Whether it stands with its assessment already, in one line; what is not settled stands by itself.
    private func isMeasurement(_ state: RecordState, _ book: LesionBook) -> Bool {
        guard state.kind == .result, state.isSettled, let assessment = state.settledLink(LinkField.resultAssessment)
        else { return false }
        return book.readings.contains { $0.record == assessment }
    }

    private func show(
        _ state: RecordState,
        in console: Console,
        _ names: RecordNames,
        _ delivery: Delivery?,
        _ parts: [EntryReference],
        isOfBranch: Bool,
        measured: String?
    ) {
        guard !console.isJSON else { return }
        console.line()
        let isOnlyHere = delivery?.outcome(of: state.changes.map(\.id.entry) + parts).onlyHere ?? 0 > 0
        let title = [
            say(.recordKind(state.kind)), names.reference(state.id), state.standing.mark,
            isOnlyHere ? say(.fleet(.onlyHereMark)) : "", isOfBranch ? say(.fleet(.otherHistoryMark)) : "",
        ]
        console.line(console.style.bold(title.filter { !$0.isEmpty }.joined(separator: "  ").safeForTerminal))
        var table = Table([.init(.field), .init(.value), .init(.detail)])
        for field in state.renderedFields(names) where state.kind != .case || field.number != LinkField.casePerson {
            guard let value = field.shown else { continue }
            table.add([say(.fieldName(field.name)), value.text, state.mark(of: field)])
        }
        if let measured { table.add([say(.lesion(.measured)), measured, ""]) }
        for line in table.lines(style: Style(isOn: false)).dropFirst() { console.line("  " + line) }
    }
}
