import ArgumentParser
import CaseModel
import LogFormat
import LogStore
import SyncEngine
import SyncProtocol

/// `abscope sync plan`.
struct SyncPlanCommand: StoreCommand {
    static let configuration = CommandConfiguration("plan", .syncPlan)

    @OptionGroup var common: CommonOptions
    @Option(name: .long, help: .option(.syncSite)) var site: String?
    @Option(name: .long, help: .option(.linkRate)) var rate: String?

    /// What is to be moved to and from one site.
    private struct Row {
        var member: RosterMember
        var name: String
        var toSend: SyncRemainder
        var toReceive: SyncRemainder
        /// Whether it was ever said what the site holds.
        var isKnown: Bool
        var forecast: LinkForecast?

        var bytes: UInt64 {
            let (sum, overflow) = toSend.bytes.addingReportingOverflow(toReceive.bytes)
            return overflow ? .max : sum
        }
    }

    func perform(in session: Session) throws -> ExitStatus {
        let typedRate = try rate.map { typed in
            guard let bytes = ByteCount.bytes(typed: typed) else { throw Failure(.dataError, .link(.notARate(typed))) }
            return bytes
        }
        let log = try session.log()
        let roster = try session.roster(of: log)
        let names = try RecordNames(log)
        let others = roster.members.filter { $0.site != log.site && !$0.isRevoked }
        let asked = try site.map { try names.site($0, among: others.map(\.site)) }
        let (link, peers) = try session.linkState()
        let moment = session.now.linkMoment
        let remainders = try session.remainders(log, roster)
        var rows: [Row] = []
        for member in others where asked.map({ $0 == member.site }) ?? true {
            let peer = peers.first { $0.site == member.site }
            let plan = remainders.plan(with: member.site)
            let isLive = peer?.isConnected == true && peer?.status.word != .connecting
            var row = Row(
                member: member,
                name: names.site(member.site),
                toSend: isLive ? peer?.status.toSend ?? plan.toSend : plan.toSend,
                toReceive: isLive ? peer?.status.toReceive ?? plan.toReceive : plan.toReceive,
                isKnown: isLive || remainders.isKnown(member.site)
            )
            // Where nothing is left nothing takes time.
            let rate = row.bytes > 0 ? typedRate ?? peer?.status.sendBytesPerSecond : nil
            row.forecast = rate.map {
                LinkForecast(bytes: row.bytes, bytesPerSecond: $0, rules: link.rules, usage: link.usage, at: moment)
            }
            rows.append(row)
        }
        tell(rows, link, in: session)
        session.console.json([
            ("link", link.json(at: moment)), ("sites", .array(rows.map { json($0, link.rules) })),
        ])
        return .success
    }

    // MARK: - Telling

    private func tell(_ rows: [Row], _ link: LinkReport, in session: Session) {
        let console = session.console
        for line in link.lines(in: session) { console.line(line) }
        var table = Table([
            .init(.site), .init(.toSend, right: true), .init(.toReceive, right: true), .init(.takes), .init(.cost),
        ])
        for row in rows {
            table.add([
                row.name, row.toSend.text, row.toReceive.text,
                row.forecast?.doneInSeconds.map { Quantities.duration(seconds: Int64($0)) } ?? "",
                row.bytes > 0 ? cost(row.bytes, link.rules) ?? "" : "",
            ])
        }
        console.table(table, orElse: .syncNoState)
        for row in rows { for remark in remarks(row, in: session) { console.line(remark) } }
        let unmeasured = rows.filter { $0.forecast == nil && $0.bytes > 0 }.map(\.name)
        if !unmeasured.isEmpty { console.line(.link(.rateUnknown(unmeasured))) }
    }

    private func cost(_ bytes: UInt64, _ rules: LinkRules) -> String? {
        rules.cost(of: bytes).map { cost in
            let hundredths = Int64(exactly: min((cost * 100).rounded(.up), 9e17)) ?? 0
            let cents = hundredths % 100
            return "\(hundredths / 100).\(cents < 10 ? "0" : "")\(cents) \(rules.currency)"
        }
    }

    private func remarks(_ row: Row, in session: Session) -> [Message] {
        guard row.isKnown else { return [.link(.neverHeard(row.name))] }
        guard row.bytes > 0 else { return [.link(.nothingLeft(row.name))] }
        guard let forecast = row.forecast, let limit = forecast.limit else { return [] }
        let share = Quantities.percent(forecast.bytesBeforeClose, of: forecast.bytes) ?? ""
        func moment(in seconds: Int) -> String {
            session.moment(session.now.milliseconds + Int64(seconds) * 1000)
        }
        let first: LinkMessage
        switch limit {
        case .window:
            first = .notDone(
                row.name,
                share: share,
                by: moment(in: forecast.closesInSeconds ?? 0),
                done: forecast.doneInSeconds.map(moment(in:))
            )
        case .dayBudget: first = .spent(row.name, share: share, day: true)
        case .monthBudget: first = .spent(row.name, share: share, day: false)
        }
        guard !row.toSend.isEmpty else { return [.link(first)] }
        return [.link(first), .link(.byBundle(Quantities.bytes(row.toSend.bytes)))]
    }

    private func json(_ row: Row, _ rules: LinkRules) -> JSON {
        .object([
            ("site", .string(String(describing: row.member.site))), ("alias", .string(row.name)),
            ("known", .bool(row.isKnown)), ("entries_to_send", JSON(row.toSend.entries)),
            ("bytes_to_send", JSON(row.toSend.bytes)), ("entries_to_receive", JSON(row.toReceive.entries)),
            ("bytes_to_receive", JSON(row.toReceive.bytes)),
            ("seconds", JSON(row.forecast?.doneInSeconds.map { UInt64($0) })),
            ("closes_in_seconds", JSON(row.forecast?.closesInSeconds.map { UInt64($0) })),
            ("bytes_before_close", JSON(row.forecast?.bytesBeforeClose)), ("cost", JSON(cost(row.bytes, rules))),
        ])
    }
}
