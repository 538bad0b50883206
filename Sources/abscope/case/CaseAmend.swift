import ArgumentParser
import CaseModel
import CaseStore
import Schema

/// `abscope case amend`.
struct CaseAmend: StoreCommand {
    static let configuration = CommandConfiguration("amend", .caseAmend)

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String
    @OptionGroup var fields: CaseFields
    @Option(name: .long, help: .option(.reason)) var reason: String?
    @Flag(name: .long, help: .option(.fromStdin)) var fromStdin = false

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(caseNumber, in: clinic)
        let state = try clinic.state(of: record)
        if let state { try session.refuseUnlessStanding(state, caseNumber, in: clinic) }
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        let bodies = try readBodies(session, over: state?.displayedBody(CaseBody.self).body ?? CaseBody())
        guard bodies.hasBody || bodies.hasPerson || bodies.hasIdentity else {
            throw Failure(.usage, .nothingToAmend("abscope case amend --help"))
        }
        let why = try session.reason(reason)
        var changes: [DraftChange] = []
        var identity: [Int: [UInt8]] = [:]
        if bodies.hasBody, let state {
            let change = try DraftChange.amend(state, bodies.body, reason: why)
            try session.refuseUnlessSettled(state, for: change, in: clinic)
            changes.append(change)
        }
        if bodies.hasPerson || bodies.hasIdentity {
            guard let person = try clinic.person(of: record) else { throw Failure(.noInput, .noPersonHere(caseNumber)) }
            if bodies.hasIdentity { identity[changes.count] = try bodies.identity.encodedBytes() }
            changes.append(try .amend(person, bodies.person, reason: why))
        }
        let entry = try clinic.record(
            Recording(
                changes: changes,
                identity: identity,
                operatorRecord: operatorRecord,
                isDryRun: writing.dryRun
            )
        )
        let number = try clinic.caseNumber(record)
        session.report(
            entry,
            correction: { _ in "abscope case amend \(number) --reason …" },
            in: clinic,
            [("case", .string(number))]
        )
        return .success
    }

    private func readBodies(_ session: Session, over former: CaseBody) throws -> CaseBodies {
        let clear = fields.formFields(asks: false)
        let today = try session.today()
        guard fromStdin else {
            return try CaseBodies(try Form(clear, reading: .nothing, from: session.input), over: former, today: today)
        }
        return try CaseBodies(
            try Form(PersonFields.formFields(asks: true, nameIsRequired: false) + clear, from: session.input),
            over: former,
            today: today
        )
    }
}
