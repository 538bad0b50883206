import ArgumentParser
import CaseModel
import LogFormat
import LogStore
import SyncProtocol

/// `abscope site salvage`.
struct SiteSalvage: StoreCommand {
    static let configuration = CommandConfiguration("salvage", .siteSalvage)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.memberSite)) var site: String?
    @Option(name: .customLong("cut-offs"), help: .option(.cutOffFile), completion: .file()) var cutOffs: String?
    @Option(name: .long, help: .option(.salvageFile), completion: .file()) var output: String?

    /// Whose entries, and up to where they count.
    private struct Limits {
        var site: SiteID
        var heads: [FeedID: FeedHead]

        func isBeyond(_ entry: EntryReference) -> Bool {
            entry.feed.site == site && entry.position > heads[entry.feed]?.position ?? 0
        }
    }

    func perform(in session: Session) throws -> ExitStatus {
        let desk = try RosterDesk(session)
        let limits = try limits(desk)
        let alias = desk.names.site(limits.site)
        let clinic = try session.clinic()
        var (lines, rows, count) = ([String](), [JSON](), 0)
        let operators = try clinic.operators()
        func add(_ states: [RecordState], _ head: String) {
            let changes = states.flatMap { state in
                state.changes.filter { limits.isBeyond($0.id.entry) }.map { (state, $0) }
            }
            guard !changes.isEmpty else { return }
            var table = Table([.init(.when), .init(.who), .init(.kind), .init(.what), .init(.why), .init(.reference)])
            for (state, change) in changes.sorted(by: {
                ($0.1.context.recorded.milliseconds, $0.1.id) < ($1.1.context.recorded.milliseconds, $1.1.id)
            }) {
                let line = HistoryLine(change, of: state, operators, clinic.names)
                // The site is the same in all of them.
                table.add([line.cells[0]] + line.cells[2...])
                rows.append(line.json)
            }
            count += changes.count
            lines += ["", head] + table.lines(style: Style(isOn: false)).map { "  " + $0 }
        }
        add(operators, say(.site(.noCase)))
        for record in try clinic.caseRecords() {
            let states = try [clinic.person(of: record)].compactMap(\.self) + clinic.states(of: record)
            add(states, try clinic.caseNumber(record).safeForTerminal)
        }
        guard count > 0 else {
            session.console.line(.site(.salvageNothing(alias)))
            session.console.json(members(limits, alias, rows))
            return .success
        }
        let moment = session.moment(session.now.milliseconds)
        lines = [say(.site(.salvageHead(alias, moment))), say(.site(.salvageExplained))] + lines
        if let output {
            try WholeFile.create(output, lines.map { $0 + "\n" }.joined(), in: session.surroundings)
            session.console.line(.site(.salvaged(output, count)))
        } else {
            for line in lines { session.console.line(line) }
        }
        session.console.json(members(limits, alias, rows))
        return .success
    }

    private func limits(_ desk: RosterDesk) throws -> Limits {
        var limits: Limits?
        if let cutOffs {
            let bytes = try WholeFile.read(cutOffs, limitBytes: 1 << 17)
            let notice = try RevocationNotice(text: try StandardInput.text(of: bytes, from: cutOffs))
            guard notice.registry == desk.roster.registry else {
                throw Failure(.dataError, .site(.noticeOtherRegistry))
            }
            limits = Limits(site: notice.site, heads: notice.cutOffs)
        }
        guard let site else {
            guard let limits else { throw Failure(.usage, .site(.salvageNeedsSite)) }
            return limits
        }
        let member = try desk.member(site)
        if let limits {
            guard limits.site == member.site else {
                throw Failure(.dataError, .site(.noticeOtherSite(desk.names.site(limits.site))))
            }
            return limits
        }
        guard let heads = member.cutOffs else {
            throw Failure(.dataError, .site(.notRevoked(desk.names.site(member.site))))
        }
        return Limits(site: member.site, heads: heads)
    }

    private func members(_ limits: Limits, _ alias: String, _ rows: [JSON]) -> [(String, JSON)] {
        [
            ("site", .string(String(describing: limits.site))), ("alias", .string(alias)), ("changes", .array(rows)),
            ("file", JSON(output)),
        ]
    }
}
