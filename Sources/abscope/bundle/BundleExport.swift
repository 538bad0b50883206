import ArgumentParser
import CaseModel
import LogFormat
import LogStore
import StoreIO
import SyncEngine
import SyncProtocol

/// `abscope bundle export`.
struct BundleExport: StoreCommand {
    static let configuration = CommandConfiguration("export", .bundleExport)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.bundleNewFile), completion: .file()) var file: String
    @Option(name: .customLong("for"), help: .option(.bundleFor)) var recipients: [String] = []
    @Option(name: .customLong("of"), help: .option(.bundleOf)) var owners: [String] = []
    @Option(name: .long, help: .option(.maxSize)) var maxSize: String?
    @Flag(name: .long, help: .option(.everything)) var everything = false

    func perform(in session: Session) throws -> ExitStatus {
        let limitBytes = try maxSize.map(Self.limit) ?? .max
        let log = try session.log()
        let roster = try session.roster(of: log)
        let names = try RecordNames(log)
        guard !recipients.isEmpty else { throw Failure(.usage, .bundle(.noRecipient), remedy: .bundle(.seeHelp)) }
        let listed = roster.members.map(\.site)
        let members = try Set(recipients.map { try names.site($0, among: listed) }).sorted().compactMap { roster[$0] }
        for member in members {
            guard member.site != log.site else { throw Failure(.dataError, .bundle(.forItself)) }
            guard !member.isRevoked else { throw Failure(.noPermission, .bundle(.revoked(names.site(member.site)))) }
        }
        let sites = try owners.isEmpty ? nil : Set(owners.flatMap { try names.everyKey(of: $0, among: listed) })
        let known = everything ? [:] : try session.siteNotes().vectors
        let plan = try BundlePlan(for: members.map(\.site), from: log, roster: roster, known: known, of: sites)
        let path = try Surrounding.realPath(file)
        let (made, number) = try Failure.naming(sitesOf: log) {
            try NewFile.make(path, in: session.surroundings) { file in
                let number = try session.changeSiteNotes(of: log) { notes in
                    notes.number += 1
                    return notes.number
                }
                return (try make(plan, number, for: members, to: file, limitBytes, roster, log, session), number)
            }
        }
        return tell(made, plan, number, in: path, for: members, unknown: known, names, session)
    }

    private static func limit(_ typed: String) throws -> UInt64 {
        guard let bytes = ByteCount.bytes(typed: typed) else { throw Failure(.dataError, .bundle(.notASize(typed))) }
        return bytes
    }

    /// What came of it.
    private struct Made {
        var making: BundleMaking
        var keyProblem: String?
        var hasAllKeys: Bool
        var lengthBytes: UInt64 { making.lengthBytes }
    }

    private func make(
        _ plan: BundlePlan,
        _ number: UInt64,
        for members: [RosterMember],
        to file: NewFile,
        _ limitBytes: UInt64,
        _ roster: Roster,
        _ log: LogStore,
        _ session: Session
    ) throws -> Made {
        let progress = SharedProgress(.bundle(.writing), on: session.console)
        defer { progress.finish() }
        var (keyProblem, hasAllKeys) = (String?.none, true)
        let making = try BundleMaking.make(
            plan,
            number: number,
            for: members,
            in: session.surroundings,
            program: Abscope.program,
            from: log,
            to: file,
            limitBytes: limitBytes
        ) { making in
            var packets: [[UInt8]] = []
            do {
                for member in members {
                    let authors = roster.authors(givenTo: member.site)
                    packets += try session.clinic().keyPackets(for: member, ofAuthors: authors)
                }
            } catch {
                // The records go all the same, and keys with the next bundle.
                keyProblem = Failure(describing: error).sentence
                return
            }
            hasAllKeys = try making.add(keys: packets)
        } progress: {
            progress.advance(to: $0, of: 0)
        }
        return Made(making: making, keyProblem: keyProblem, hasAllKeys: hasAllKeys)
    }

    // MARK: - Telling

    private func tell(
        _ made: Made,
        _ plan: BundlePlan,
        _ number: UInt64,
        in path: String,
        for members: [RosterMember],
        unknown known: [SiteID: HaveVector],
        _ names: RecordNames,
        _ session: Session
    ) -> ExitStatus {
        let console = session.console
        let making = made.making
        let entries = making.written.values.reduce(0, +)
        let rest = plan.parts.reduce(UInt64(0)) { $0 + $1.entries } - entries
        let sites = members.map { names.site($0.site) }
        console.line(
            .bundle(.written(path, number: number, entries, Quantities.bytes(made.lengthBytes), for: sites))
        )
        if !everything {
            let silent = members.filter { known[$0.site] == nil }.map { names.site($0.site) }
            if !silent.isEmpty { console.line(.bundle(.nothingKnown(silent))) }
        }
        if making.isFull { console.line(.bundle(.full(rest))) }
        let leftOut = Set(plan.leftOut.map { names.site($0.site) }).sorted()
        if !leftOut.isEmpty { console.line(.bundle(.leftOut(leftOut))) }
        var isDamaged = false
        for (feed, problem) in making.problems.sorted(by: { $0.key < $1.key }) {
            let name = names.feed(feed) + ": "
            switch problem {
            case .damaged(let why):
                isDamaged = true
                console.line((name + say(.bundle(.notReadable(why)))).safeForTerminal)
            case .differs: console.line((name + say(.bundle(.differsThere))).safeForTerminal)
            }
        }
        if let problem = made.keyProblem { console.line(.bundle(.withoutKeys(problem))) }
        console.line(.bundle(.carry))
        console.json([
            ("bundle", .string(path)), ("number", JSON(number)), ("recipients", .array(sites.map { .string($0) })),
            ("bytes", JSON(made.lengthBytes)), ("entries", JSON(entries)), ("entries_left_out", JSON(rest)),
            ("complete", .bool(rest == 0 && made.hasAllKeys)), ("key_problem", JSON(made.keyProblem)),
            (
                "feeds",
                .array(
                    making.written.keys.sorted().map { feed in
                        .object([
                            ("feed", .string(String(describing: feed))), ("site", .string(names.site(feed.site))),
                            ("lane", .string(feed.lane.name)), ("entries", JSON(making.written[feed])),
                        ])
                    }
                )
            ),
        ])
        if isDamaged { return .damagedStore }
        return rest == 0 && made.hasAllKeys && made.keyProblem == nil && plan.leftOut.isEmpty ? .success : .findings
    }
}
