import ArgumentParser
import CaseModel
import CaseStore
import Schema

/// `abscope case add`.
struct CaseAdd: StoreCommand {
    static let configuration = CommandConfiguration("add", .caseAdd)

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @OptionGroup var fields: CaseFields
    @Flag(name: .long, help: .option(.withoutName)) var withoutName = false
    @Option(name: .long, help: .option(.source)) var source: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        let form = try Form(
            PersonFields.formFields(asks: !withoutName, nameIsRequired: !withoutName) + fields.formFields(asks: true),
            from: session.input
        )
        let bodies = try CaseBodies(form, over: CaseBody(), today: try session.today())
        let duplicates = try form["name"].map { try clinic.search($0, limit: 5) } ?? []
        let person = try DraftChange.create(.person, bodies.person)
        let added = try DraftChange.create(
            .case,
            bodies.body,
            links: [LinkField.casePerson: .inThisEntry(change: 0)]
        )
        let entry = try clinic.record(
            Recording(
                changes: [person, added],
                identity: bodies.hasIdentity ? [0: try bodies.identity.encodedBytes()] : [:],
                operatorRecord: operatorRecord,
                source: source.map { Source(words: $0) },
                isDryRun: writing.dryRun
            )
        )
        var members: [(String, JSON)] = []
        if let entry {
            let number = try clinic.caseNumber(RecordID(entry: entry, change: 1))
            session.console.line(.caseAdded(number))
            members.append(("case", .string(number)))
        }
        if !duplicates.isEmpty {
            let numbers = try duplicates.map { try clinic.caseNumber($0) }
            session.console.note(.possibleDuplicates(numbers))
            members.append(("possible_duplicates", .array(numbers.map(JSON.string))))
        }
        let number = try entry.map { try clinic.caseNumber(RecordID(entry: $0, change: 1)) } ?? ""
        session.report(entry, correction: { _ in "abscope case amend \(number) --reason …" }, in: clinic, members)
        return .success
    }
}

extension Source {
    /// A source in words: paper form, letter or device.
    init(words: String) {
        self.init()
        kind = "paper"
        name = words
    }
}
