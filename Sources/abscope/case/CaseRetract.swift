import ArgumentParser
import CaseModel
import CaseStore

/// `abscope case retract`.
struct CaseRetract: StoreCommand {
    static let configuration = CommandConfiguration("retract", .caseRetract)

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.recordReference)) var record: String
    @Option(name: .long, help: .option(.reason)) var reason: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let state = try session.record(record, in: clinic)
        guard state.standing != .retracted else { throw Failure(.dataError, .retractedAlready(record)) }
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        let why = try session.reason(reason)
        let entry = try clinic.record(
            Recording(
                changes: [.retract(state, reason: why)],
                operatorRecord: operatorRecord,
                isDryRun: writing.dryRun
            )
        )
        let referring = try self.referring(to: state, in: clinic)
        if !referring.isEmpty { session.console.note(.referringRecords(referring)) }
        session.report(
            entry,
            correction: { _ in "abscope conflicts show \(clinic.names.reference(state.id))" },
            in: clinic,
            [
                ("retracted", .string(clinic.names.reference(state.id))),
                ("referring", .array(referring.map(JSON.string))),
            ]
        )
        return .success
    }

    /// Records of the case that name the retracted one; they keep their facts.
    private func referring(to state: RecordState, in clinic: Clinic) throws -> [String] {
        guard let caseRecord = state.kind == .case ? state.id : state.caseRecord else { return [] }
        return try clinic.states(of: caseRecord)
            .filter { other in
                other.standing != .retracted && other.id != state.id
                    && (state.kind == .case
                        || other.fields.contains { $0.candidates.contains { $0.content == .link(state.id) } })
            }
            .map { clinic.names.reference($0.id) }
    }
}
