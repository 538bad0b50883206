import ArgumentParser
import LogFormat
import LogStore
import StoreIO

/// `abscope log stats`.
struct LogStats: StoreCommand {
    static let configuration = CommandConfiguration("stats", .logStats)

    @OptionGroup var common: CommonOptions

    func perform(in session: Session) throws -> ExitStatus {
        let log = try session.log()
        let names = try RecordNames(log)
        let now = session.surroundings.clock.millisecondsSinceEpoch()
        var table = Table([
            .init(.site), .init(.lane), .init(.feed), .init(.segments, right: true), .init(.sealed, right: true),
            .init(.entries, right: true), .init(.bytes, right: true), .init(.stored, right: true),
            .init(.ratio, right: true), .init(.perDay, right: true), .init(.oldest), .init(.standing),
        ])
        var rows: [JSON] = []
        var isDamaged = false
        var total = FeedStatistics()
        let all = try log.statistics()
        for (feed, statistics) in all {
            isDamaged = isDamaged || feed.isDamaged
            total.add(statistics)
            let epoch = String(String(describing: feed.feed.epoch).prefix(8))
            let standing = feed.isDamaged ? say(Term.damaged) : feed.isOwn ? "" : say(Term.replica)
            table.add(
                [names.site(feed.feed.site), feed.feed.lane.name, epoch] + cells(statistics, session, now) + [standing]
            )
            rows.append(.object(json(feed, names) + members(statistics, session, now)))
        }
        if all.count > 1 { table.add([say(Term.total), "", ""] + cells(total, session, now) + [""]) }
        session.console.table(table, orElse: .noFeeds)
        try session.console.json(
            [("frontier", .string(String(describing: try log.frontier().digest))), ("feeds", .array(rows))]
                + members(total, session, now)
        )
        return isDamaged ? .damagedStore : .success
    }

    private func cells(_ statistics: FeedStatistics, _ session: Session, _ now: Int64) -> [String] {
        [
            String(statistics.rawSegments + statistics.sealedSegments), String(statistics.sealedSegments),
            String(statistics.entries), Quantities.bytes(statistics.rawBytes), Quantities.bytes(statistics.storedBytes),
            Quantities.percent(statistics.storedBytes, of: statistics.rawBytes) ?? "",
            statistics.storedBytesPerDay(at: now).map(Quantities.bytes) ?? "",
            statistics.oldestMilliseconds.map { String(session.moment($0).prefix(10)) } ?? "",
        ]
    }

    private func members(_ statistics: FeedStatistics, _ session: Session, _ now: Int64) -> [(String, JSON)] {
        [
            ("entries", JSON(statistics.entries)), ("raw_segments", .integer(Int64(statistics.rawSegments))),
            ("sealed_segments", .integer(Int64(statistics.sealedSegments))), ("raw_bytes", JSON(statistics.rawBytes)),
            ("stored_bytes", JSON(statistics.storedBytes)),
            ("oldest", JSON(statistics.oldestMilliseconds.map(session.moment))),
            ("stored_bytes_per_day", JSON(statistics.storedBytesPerDay(at: now))),
        ]
    }

    private func json(_ feed: FeedSummary, _ names: RecordNames) -> [(String, JSON)] {
        [
            ("feed", .string(String(describing: feed.feed))), ("branch", .integer(Int64(feed.branch))),
            ("site", .string(names.site(feed.feed.site))), ("lane", .string(feed.feed.lane.name)),
            ("own", .bool(feed.isOwn)), ("damaged", .bool(feed.isDamaged)),
            ("position", JSON(feed.stored.position)), ("attested", JSON(feed.attested.position)),
            ("digest", .string(String(describing: feed.stored.digest))),
        ]
    }
}
