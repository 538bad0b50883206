import CaseModel
import Foundation
import GRDB
import LogFormat

/// The rows of records and entries, and the names they stand for.
struct RecordTable {
    let db: Database

    // MARK: - Feeds

    func feedRow(_ feed: FeedID) throws -> Int64? {
        try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT id FROM feed WHERE site = ? AND epoch = ? AND lane = ?"),
            arguments: [Data(feed.site.bytes), Data(feed.epoch.bytes), Int(feed.lane.rawValue)]
        )
    }

    /// The row of a feed, made when it is missing: a feed may be named before anything of it has arrived.
    func madeFeedRow(_ feed: FeedID) throws -> Int64 {
        if let row = try feedRow(feed) { return row }
        try db.execute(
            sql: "INSERT INTO feed(site, epoch, lane, position, digest, applied_ms) VALUES(?, ?, ?, 0, x'', 0)",
            arguments: [Data(feed.site.bytes), Data(feed.epoch.bytes), Int(feed.lane.rawValue)]
        )
        return db.lastInsertedRowID
    }

    func feed(_ row: Int64) throws -> FeedID {
        guard
            let found = try Row.fetchOne(
                db.cachedStatement(sql: "SELECT site, epoch, lane FROM feed WHERE id = ?"),
                arguments: [row]
            ),
            let feed = Self.feed(found)
        else {
            throw CaseStoreError(.view, "The read model names a feed that is not in it: run `abscope view rebuild`.")
        }
        return feed
    }

    static func feed(_ row: Row) -> FeedID? {
        guard let site = SiteID(row["site"] as Data), let epoch = EpochID(row["epoch"] as Data),
            let lane = Lane(rawValue: UInt8(truncatingIfNeeded: row["lane"] as Int))
        else { return nil }
        return FeedID(site: site, epoch: epoch, lane: lane)
    }

    // MARK: - Records

    func recordRow(_ record: RecordID) throws -> Int64? {
        guard let feed = try feedRow(record.entry.feed) else { return nil }
        return try Int64.fetchOne(
            db.cachedStatement(
                sql: "SELECT id FROM record WHERE feed = ? AND position = ? AND number = ? AND digest_prefix = ?"
            ),
            arguments: [
                feed, Int64(record.entry.position), Int(record.change), Int64(bitPattern: record.entry.digestPrefix),
            ]
        )
    }

    func madeRecordRow(_ record: RecordID, kind: RecordKind) throws -> Int64 {
        if let row = try recordRow(record) { return row }
        try db.cachedStatement(
            sql: """
                INSERT INTO record(feed, position, digest_prefix, number, kind, case_record, attention)
                VALUES(?, ?, ?, ?, ?, NULL, 0)
                """
        ).execute(arguments: [
            try madeFeedRow(record.entry.feed), Int64(record.entry.position),
            Int64(bitPattern: record.entry.digestPrefix), Int(record.change), Int(kind.rawValue),
        ])
        return db.lastInsertedRowID
    }

    func recordID(_ row: Int64) throws -> RecordID {
        guard
            let found = try Row.fetchOne(
                db.cachedStatement(sql: "SELECT feed, position, digest_prefix, number FROM record WHERE id = ?"),
                arguments: [row]
            )
        else {
            throw CaseStoreError(.view, "The read model names a record that is not in it: run `abscope view rebuild`.")
        }
        return RecordID(
            entry: EntryReference(
                feed: try feed(found["feed"]),
                position: UInt64(found["position"] as Int64),
                digestPrefix: UInt64(bitPattern: found["digest_prefix"] as Int64)
            ),
            change: UInt32(found["number"] as Int64)
        )
    }

    // MARK: - Changes

    /// Every change of a record, with identifying fields opened where `open` can.
    func changes(ofRecord row: Int64, open: (RecordChange) throws -> RecordChange) throws -> [RecordChange] {
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT entry.feed, entry.position, entry.digest_prefix, entry.bytes, change.number
                    FROM change JOIN entry ON entry.id = change.entry WHERE change.record = ?
                    """
            ),
            arguments: [row]
        )
        return try rows.map { found in
            let reference = EntryReference(
                feed: try feed(found["feed"]),
                position: UInt64(found["position"] as Int64),
                digestPrefix: UInt64(bitPattern: found["digest_prefix"] as Int64)
            )
            let entry = try RecordEntry(decoding: [UInt8](found["bytes"] as Data), at: reference)
            return try open(entry.changes[Int(found["number"] as Int64)])
        }
    }
}
