import ArgumentParser
import CaseModel
import CaseStore
import Schema

/// A command that takes back a record of its kind: `operator retract`, `course retract` and so on.
protocol RetractCommand: StoreCommand {
    /// As in `abscope course retract`.
    static var noun: String { get }
    var options: RetractOptions { get }

    /// Whether the command is for such a record.
    func takesBack(_ state: RecordState) -> Bool
}

/// What every command that takes back a record takes.
struct RetractOptions: ParsableArguments {
    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    /// A reference, or the number of a case.
    @Argument(help: .option(.recordReference)) var record: String
    @Option(name: .long, help: .option(.reason)) var reason: String?
}

extension RetractCommand {
    var common: CommonOptions { options.common }

    /// What people are told to type.
    static func line(_ reference: String) -> String { "abscope \(noun) retract \(reference) --reason …" }

    func takesBack(_ state: RecordState) -> Bool { state.retractCommand == Self.self }

    func perform(in session: Session) throws -> ExitStatus {
        let (record, writing) = (options.record, options.writing)
        let clinic = try session.clinic()
        let state = try session.record(record, in: clinic)
        guard state.kind != .erasure else { throw Failure(.dataError, .person(.erasureNotUndone)) }
        guard takesBack(state) else {
            throw Failure(.dataError, .retractWith(record, command: state.retractCommand.line(record)))
        }
        guard state.standing != .retracted else { throw Failure(.dataError, .retractedAlready(record)) }
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        let why = try session.reason(options.reason)
        // Read before anything is recorded: a failure here must not hide a retraction that was made.
        let referring = try self.referring(to: state, in: clinic)
        let entry = try clinic.record(
            Recording(
                changes: [.retract(state, reason: why)],
                operatorRecord: operatorRecord,
                isDryRun: writing.dryRun
            )
        )
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

extension RecordState {
    /// The command that takes such a record back.
    fileprivate var retractCommand: any RetractCommand.Type {
        switch kind {
        case .operator: OperatorRetract.self
        case .order where displayedBody(OrderBody.self).body.hasCourse: CourseRetract.self
        case .order where displayedBody(OrderBody.self).body.hasDrug: DrugRetract.self
        case .given where displayedBody(GivenBody.self).body.hasFraction: FractionRetract.self
        case .given where displayedBody(GivenBody.self).body.hasDose: DrugRetract.self
        case .result: ResultRetract.self
        case .statement: StatementRetract.self
        case .lesion: LesionRetract.self
        case .protocol: ProtocolRetract.self
        case .ruleSet: RulesRetract.self
        case .assessment: AssessmentRetract.self
        case .event where displayedBody(EventBody.self).body.hasAdverseEvent: AdverseEventRetract.self
        case .event: EventRetract.self
        default: CaseRetract.self
        }
    }
}
