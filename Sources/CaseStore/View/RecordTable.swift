import CaseModel
import Foundation
import GRDB
import LogFormat

/// The rows of feeds, entries and records, and the names they stand for; inside one transaction.
final class RecordTable {
    let db: Database
    /// Opens identifying fields where their key is here.
    let open: (RecordChange) throws -> RecordChange
    private var feeds: [Int64: FeedID] = [:]
    private var feedRows: [FeedID: Int64] = [:]
    /// Entries of this transaction that were decoded last: changes of one entry are asked for one by one.
    private var decoded: [Int64: RecordEntry] = [:]
    /// A list of all cases must not hold all their entries.
    private static let mostDecoded = 1_024

    init(_ db: Database, open: @escaping (RecordChange) throws -> RecordChange) {
        self.db = db
        self.open = open
    }

    private static func damaged(_ what: String) -> DamagedView {
        DamagedView("The read model names \(what) that is not in it: run `abscope view rebuild`.")
    }

    // MARK: - Feeds

    func feedRow(_ feed: FeedID) throws -> Int64? {
        if let known = feedRows[feed] { return known }
        let row = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT id FROM feed WHERE site = ? AND epoch = ? AND lane = ? AND branch = 0"),
            arguments: [Data(feed.site.bytes), Data(feed.epoch.bytes), Int(feed.lane.rawValue)]
        )
        feedRows[feed] = row
        return row
    }

    /// The row of a feed, made when it is missing: a feed may be named before anything of it has arrived.
    func madeFeedRow(_ feed: FeedID) throws -> Int64 {
        if let row = try feedRow(feed) { return row }
        try db.execute(
            sql: """
                INSERT INTO feed(site, epoch, lane, position, digest, applied_ms, recorded_ms)
                VALUES(?, ?, ?, 0, x'', 0, 0)
                """,
            arguments: [Data(feed.site.bytes), Data(feed.epoch.bytes), Int(feed.lane.rawValue)]
        )
        feedRows[feed] = db.lastInsertedRowID
        return db.lastInsertedRowID
    }

    func feed(_ row: Int64) throws -> FeedID {
        if let known = feeds[row] { return known }
        guard
            let found = try Row.fetchOne(
                db.cachedStatement(sql: "SELECT site, epoch, lane FROM feed WHERE id = ?"),
                arguments: [row]
            ),
            let feed = Self.feed(found)
        else { throw Self.damaged("a feed") }
        feeds[row] = feed
        return feed
    }

    static func feed(_ row: Row) -> FeedID? {
        guard let site = SiteID(row["site"] as Data), let epoch = EpochID(row["epoch"] as Data),
            let lane = Lane(rawValue: UInt8(truncatingIfNeeded: row["lane"] as Int))
        else { return nil }
        return FeedID(site: site, epoch: epoch, lane: lane)
    }

    /// How far each feed was applied.
    func frontier() throws -> [FeedID: FeedHead] {
        var heads: [FeedID: FeedHead] = [:]
        for row in try Row.fetchAll(
            db,
            sql: "SELECT site, epoch, lane, position, digest FROM feed WHERE position > 0 AND branch = 0"
        ) {
            guard let feed = Self.feed(row) else { throw Self.damaged("a feed's end") }
            heads[feed] = try Self.head(row)
        }
        return heads
    }

    /// How far a feed was applied; nil when nothing of it was.
    func head(of feed: FeedID) throws -> FeedHead? {
        guard let row = try feedRow(feed) else { return nil }
        return try Row.fetchOne(
            db.cachedStatement(sql: "SELECT position, digest FROM feed WHERE id = ? AND position > 0"),
            arguments: [row]
        ).map(Self.head)
    }

    private static func head(_ row: Row) throws -> FeedHead {
        guard let digest = ChainDigest(row["digest"] as Data) else { throw damaged("a feed's end") }
        return FeedHead(position: UInt64(bitPattern: row["position"] as Int64), digest: digest)
    }

    /// What could not be read of what was applied, ascending by row of feed and position.
    func gaps() throws -> [FeedGap] {
        try Row.fetchAll(db.cachedStatement(sql: "SELECT feed, first, last, digest FROM gap ORDER BY feed, first"))
            .map { row in
                let first = UInt64(bitPattern: row[1] as Int64)
                let last = UInt64(bitPattern: row[2] as Int64)
                guard first > 0, first <= last else { throw Self.damaged("a gap") }
                return FeedGap(
                    feed: try feed(row[0]),
                    positions: first...last,
                    before: ChainDigest(row[3] as Data).map { FeedHead(position: first - 1, digest: $0) }
                )
            }
    }

    /// Notes that positions right behind what was applied could not be read. `feed`: its row.
    func note(_ gap: FeedGap, of feed: Int64) throws {
        // One that is continued stays one.
        try db.execute(
            sql: "UPDATE gap SET last = ? WHERE feed = ? AND last = ?",
            arguments: [Int64(gap.positions.upperBound), feed, Int64(gap.positions.lowerBound) - 1]
        )
        guard db.changesCount == 0 else { return }
        try db.execute(
            sql: "INSERT INTO gap(feed, first, last, digest) VALUES(?, ?, ?, ?)",
            arguments: [
                feed, Int64(gap.positions.lowerBound), Int64(gap.positions.upperBound),
                Data(gap.before?.digest.bytes ?? []),
            ]
        )
    }

    /// Forgets a gap. `feed`: its row.
    ///
    /// - Returns: False when it is not there as it is given: another process was faster.
    func forget(_ gap: FeedGap, of feed: Int64) throws -> Bool {
        try db.execute(
            sql: "DELETE FROM gap WHERE feed = ? AND first = ? AND last = ?",
            arguments: [feed, Int64(gap.positions.lowerBound), Int64(gap.positions.upperBound)]
        )
        return db.changesCount == 1
    }

    /// The digest of the entry at a position; nil where none is filed.
    func digestPrefix(of feed: FeedID, at position: UInt64) throws -> UInt64? {
        guard position < 1 << ViewSchema.positionBits, let row = try feedRow(feed) else { return nil }
        return try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT digest_prefix FROM entry WHERE id = ?"),
            arguments: [Self.entryRow(feed: row, position: position)]
        ).map { UInt64(bitPattern: $0) }
    }

    // MARK: - Entries

    /// The row of the entry at a position.
    static func entryRow(feed: Int64, position: UInt64) -> Int64 {
        feed << ViewSchema.positionBits | Int64(position)
    }

    /// The reference of an entry's row.
    func reference(_ entryRow: Int64, digestPrefix: Int64) throws -> EntryReference {
        EntryReference(
            feed: try feed(entryRow >> ViewSchema.positionBits),
            position: UInt64(entryRow & (1 << ViewSchema.positionBits - 1)),
            digestPrefix: UInt64(bitPattern: digestPrefix)
        )
    }

    /// An entry by its row.
    func entry(_ row: Int64) throws -> RecordEntry {
        if let known = decoded[row] { return known }
        guard
            let found = try Row.fetchOne(
                db.cachedStatement(sql: "SELECT digest_prefix, bytes FROM entry WHERE id = ?"),
                arguments: [row]
            )
        else { throw Self.damaged("an entry") }
        let entry = try RecordEntry(
            decoding: [UInt8](found[1] as Data),
            at: try reference(row, digestPrefix: found[0])
        )
        if decoded.count >= Self.mostDecoded { decoded.removeAll(keepingCapacity: true) }
        decoded[row] = entry
        return entry
    }

    // MARK: - Records

    func recordRow(_ record: RecordID) throws -> Int64? {
        guard let feed = try feedRow(record.entry.feed) else { return nil }
        return try Int64.fetchOne(
            db.cachedStatement(
                sql: "SELECT id FROM record WHERE feed = ? AND position = ? AND number = ? AND digest_prefix = ?"
            ),
            arguments: [
                feed, Int64(bitPattern: record.entry.position), Int(record.change),
                Int64(bitPattern: record.entry.digestPrefix),
            ]
        )
    }

    func recordID(_ row: Int64) throws -> RecordID {
        guard
            let found = try Row.fetchOne(
                db.cachedStatement(sql: "SELECT feed, position, digest_prefix, number FROM record WHERE id = ?"),
                arguments: [row]
            )
        else { throw Self.damaged("a record") }
        return RecordID(
            entry: EntryReference(
                feed: try feed(found[0]),
                position: UInt64(bitPattern: found[1] as Int64),
                digestPrefix: UInt64(bitPattern: found[2] as Int64)
            ),
            change: UInt32(found[3] as Int64)
        )
    }

    /// The records that say they are sealed with a key.
    func rows(sealedWith key: [UInt8]) throws -> [Int64] {
        try Int64.fetchAll(
            db.cachedStatement(sql: "SELECT record FROM sealed WHERE key = ?"),
            arguments: [Data(key)]
        )
    }

    // MARK: - Changes and states

    /// Every change of a record, with identifying fields opened where their key is here.
    func changes(ofRecord row: Int64) throws -> [RecordChange] {
        try Row.fetchAll(
            db.cachedStatement(sql: "SELECT entry, number FROM change WHERE record = ?"),
            arguments: [row]
        ).map { try change($0[0], $0[1]) }
    }

    private func change(_ entryRow: Int64, _ number: Int) throws -> RecordChange {
        let entry = try entry(entryRow)
        guard entry.changes.indices.contains(number) else { throw Self.damaged("a change") }
        return try open(entry.changes[number])
    }

    /// A record as it stands; nil when no change of it has arrived.
    func state(_ row: Int64) throws -> RecordState? {
        let changes = try changes(ofRecord: row)
        guard let record = changes.first?.record else { return nil }
        return RecordState(folding: changes, of: record)
    }

    /// The records of a case, the case itself among them, ascending.
    func states(ofCase row: Int64) throws -> [RecordState] {
        try states(
            sql: """
                SELECT entry, number FROM change WHERE record = ?1
                UNION ALL
                SELECT entry, change.number FROM record JOIN change ON change.record = record.id
                WHERE record.case_record = ?1
                """,
            arguments: [row]
        )
    }

    /// Folds the changes a query names, ascending by record.
    func states(sql: String, arguments: StatementArguments) throws -> [RecordState] {
        var changes: [RecordID: [RecordChange]] = [:]
        for row in try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments) {
            let change = try change(row[0], row[1])
            changes[change.record, default: []].append(change)
        }
        return changes.keys.sorted().compactMap { RecordState(folding: changes[$0] ?? [], of: $0) }
    }
}
