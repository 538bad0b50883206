import ArgumentParser
import CaseModel
import CaseStore
import LogFormat

/// `abscope person erase`.
struct PersonErase: StoreCommand {
    static let configuration = CommandConfiguration("erase", .personErase)

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.erasedCase)) var cases: [String]
    @Option(name: .long, help: .option(.erasureReason)) var reason: String?
    @Option(name: .long, help: .option(.confirmCase)) var yes: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let plan = try clinic.erasurePlan(of: try cases.map { try session.caseRecord($0, in: clinic) })
        let numbers = try Set(plan.subjects.flatMap(\.cases)).sorted().map { try clinic.caseNumber($0) }
        guard let first = try plan.subjects.first.map({ try clinic.caseNumber($0.caseRecord) }) else {
            throw Failure(.noInput, .caseUnknown(cases.joined(separator: " ")), remedy: .caseFindRemedy)
        }
        guard plan.sharing.isEmpty else {
            throw Failure(.dataError, .person(.sharedKey(plan.sharing.map { clinic.names.reference($0) })))
        }
        let former = try plan.subjects.map { try clinic.erasures(of: $0.person) }
        if former.allSatisfy({ !$0.erasures.isEmpty && !$0.leavesKeys }) {
            session.console.line(.person(.erasedAlready(numbers)))
            for erasure in former.flatMap({ $0.erasures }) { session.console.line(try clinic.message(erasure)) }
            session.console.json([
                ("recorded", .bool(false)), ("already", .bool(true)), ("cases", .array(numbers.map(JSON.string))),
            ])
            return .success
        }
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        let why = try session.reason(reason)
        if !writing.dryRun {
            try session.confirm(
                expected: first,
                given: yes,
                explaining: .person(.eraseExplained(cases: numbers)),
                asking: .numberOfCase,
                missing: .person(.eraseNotConfirmed(first)),
                differing: .person(.eraseNotConfirmed(first))
            )
        }
        let entry = try clinic.erase(
            plan,
            reason: why,
            operatorRecord: operatorRecord,
            isDryRun: writing.dryRun
        )
        var members: [(String, JSON)] = [
            ("recorded", .bool(entry != nil)), ("cases", .array(numbers.map(JSON.string))),
            ("persons", .array(plan.subjects.map { .string(clinic.names.reference($0.person)) })),
            ("keys", .integer(Int64(plan.subjects.reduce(0) { $0 + $1.keyIDs.count }))),
        ]
        if let entry {
            let reference = clinic.names.reference(entry)
            session.console.line(.person(.erased(numbers)))
            session.console.line(.recorded(reference: reference))
            members += [("reference", .string(reference)), ("entry", .string("\(entry.feed)/\(entry.position)"))]
        } else {
            session.console.line(.person(.wouldErase(numbers)))
            members.append(("dry_run", .bool(true)))
        }
        session.console.json(members)
        return .success
    }
}
