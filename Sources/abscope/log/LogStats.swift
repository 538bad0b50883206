import ArgumentParser
import LogFormat
import LogStore

/// `abscope log stats`.
struct LogStats: StoreCommand {
    static let configuration = CommandConfiguration("stats", .logStats)

    @OptionGroup var common: CommonOptions

    func perform(in session: Session) throws -> ExitStatus {
        let log = try session.log()
        let names = try RecordNames(log)
        var table = Table([
            .init(.site), .init(.lane), .init(.feed), .init(.entries, right: true), .init(.bytes, right: true),
            .init(.stored, right: true), .init(.ratio, right: true), .init(.standing),
        ])
        var rows: [JSON] = []
        var isDamaged = false
        var total = FeedStatistics()
        for (feed, statistics) in try log.statistics() {
            isDamaged = isDamaged || feed.isDamaged
            total.entries += statistics.entries
            total.rawBytes += statistics.rawBytes
            total.storedBytes += statistics.storedBytes
            table.add([
                names.site(feed.feed.site), feed.feed.lane.name, String(String(describing: feed.feed.epoch).prefix(8)),
                String(statistics.entries), Quantities.bytes(statistics.rawBytes),
                Quantities.bytes(statistics.storedBytes), Self.ratio(statistics),
                feed.isDamaged ? say(Term.damaged) : feed.isOwn ? "" : say(Term.replica),
            ])
            rows.append(json(feed, statistics, names))
        }
        session.console.table(table, orElse: .noFeeds)
        session.console.json([
            ("frontier", .string(String(describing: try log.frontier().digest))), ("feeds", .array(rows)),
            ("entries", JSON(total.entries)), ("raw_bytes", JSON(total.rawBytes)),
            ("stored_bytes", JSON(total.storedBytes)),
        ])
        return isDamaged ? .damagedStore : .success
    }

    private static func ratio(_ statistics: FeedStatistics) -> String {
        Quantities.percent(statistics.storedBytes, of: statistics.rawBytes) ?? ""
    }

    private func json(_ feed: FeedSummary, _ statistics: FeedStatistics, _ names: RecordNames) -> JSON {
        .object([
            ("feed", .string(String(describing: feed.feed))), ("branch", .integer(Int64(feed.branch))),
            ("site", .string(names.site(feed.feed.site))), ("lane", .string(feed.feed.lane.name)),
            ("own", .bool(feed.isOwn)), ("damaged", .bool(feed.isDamaged)),
            ("position", JSON(feed.stored.position)), ("attested", JSON(feed.attested.position)),
            ("digest", .string(String(describing: feed.stored.digest))), ("entries", JSON(statistics.entries)),
            ("raw_segments", .integer(Int64(statistics.rawSegments))),
            ("sealed_segments", .integer(Int64(statistics.sealedSegments))), ("raw_bytes", JSON(statistics.rawBytes)),
            ("stored_bytes", JSON(statistics.storedBytes)),
        ])
    }
}
