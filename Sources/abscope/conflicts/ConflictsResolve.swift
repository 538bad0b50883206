import ArgumentParser
import CaseModel
import CaseStore
import Schema

/// `abscope conflicts resolve`.
struct ConflictsResolve: StoreCommand {
    static let configuration = CommandConfiguration("resolve", .conflictsResolve)

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.recordReference)) var record: String
    @Option(name: .long, help: .option(.field)) var field: String?
    @Option(name: .long, help: .option(.take)) var take: String?
    @Option(name: .long, help: .option(.conflictReason)) var reason: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let conflict = try chosen(among: try session.conflicts(of: record, in: clinic))
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        let values = conflict.values(clinic.names)
        let number = try choose(among: values, in: session)
        let why = try session.reason(reason)
        let change = try change(for: conflict, value: number - 1, reason: why)
        let entry = try clinic.record(
            Recording(changes: [change], operatorRecord: operatorRecord, isDryRun: writing.dryRun)
        )
        session.console.line(.conflictResolved("\(say(.fieldName(conflict.name))): \(values[number - 1].text)"))
        session.report(
            entry,
            correction: { _ in "abscope case history \(record)" },
            in: clinic,
            [
                ("resolved", .string(clinic.names.reference(conflict.state.id))), ("field", .string(conflict.name)),
                ("value", values[number - 1].json),
            ]
        )
        return .success
    }

    private func chosen(among conflicts: [Conflict]) throws -> Conflict {
        guard !conflicts.isEmpty else { throw Failure(.noInput, .noConflictIn(record)) }
        let names = conflicts.map(\.name)
        if let field {
            let fitting = conflicts.filter { $0.name == field }
            guard let only = fitting.first else { throw Failure(.usage, .noConflictField(field, names)) }
            guard fitting.count == 1 else { throw Failure(.usage, .conflictRecordNeeded(field)) }
            return only
        }
        guard conflicts.count == 1 else { throw Failure(.usage, .conflictFieldNeeded(names)) }
        return conflicts[0]
    }

    private func choose(among values: [RenderedValue], in session: Session) throws -> Int {
        var typed = take
        if typed == nil, session.input.isInteractive {
            for (index, value) in values.enumerated() {
                Console.writeError("\(index + 1)  \(value.text.safeForTerminal)\n")
            }
            typed = try session.input.ask(.take(values.count))
        }
        guard let typed else { throw Failure(.usage, .takeMissing) }
        return try Values.wholeNumber(typed, of: "take", in: 1...values.count)
    }

    private func change(for conflict: Conflict, value index: Int, reason: String) throws -> DraftChange {
        let state = conflict.state
        guard let field = conflict.field else {
            // That it stands is an amendment of nothing which knows both branches; that it does not, a retraction.
            var change = DraftChange.retract(state, reason: reason)
            if index == 0 { change.action = .amend }
            return change
        }
        guard
            let change = try DraftChange.resolve(
                state,
                field: field.field,
                for: field.candidates[index],
                reason: reason
            )
        else { throw Failure(.dataError, .identifyingConflict) }
        return change
    }
}
