import CaseModel
import Foundation
import GRDB
import LogFormat
import Schema

extension ReadModel {
    /// One entry to apply: where it stands, the chain digest there, and its bytes.
    struct Applied {
        var reference: EntryReference
        var bytes: [UInt8]
    }

    /// How far each feed was applied.
    func frontier() throws -> [FeedID: FeedHead] {
        try queue.read { db in try Self.frontier(db) }
    }

    static func frontier(_ db: Database) throws -> [FeedID: FeedHead] {
        var heads: [FeedID: FeedHead] = [:]
        for row in try Row.fetchAll(db, sql: "SELECT site, epoch, lane, position, digest FROM feed WHERE position > 0")
        {
            guard let feed = RecordTable.feed(row), let digest = ChainDigest(row["digest"] as Data) else {
                throw CaseStoreError(.view, "The read model is damaged: run `abscope view rebuild`.")
            }
            heads[feed] = FeedHead(position: UInt64(row["position"] as Int64), digest: digest)
        }
        return heads
    }

    /// Applies entries that follow what was applied of their feed, in one transaction.
    ///
    /// - Parameters:
    ///   - entries: Of one feed, in order, right after `before`.
    ///   - before: Where the caller believes the feed to be applied to; when another process was faster nothing is done.
    ///   - after: The feed's head after the last of `entries`.
    ///   - milliseconds: Now, by this machine's clock.
    ///   - open: Opens identifying fields where their key is here.
    /// - Returns: False when the feed was not at `before` any more.
    func apply(
        _ entries: [Applied],
        of feed: FeedID,
        before: UInt64,
        after: FeedHead,
        milliseconds: Int64,
        open: (RecordChange) throws -> RecordChange
    ) throws -> Bool {
        var isDone = false
        try queue.writeWithoutTransaction { db in
            try db.inTransaction(.immediate) {
                let table = RecordTable(db: db)
                let row = try table.madeFeedRow(feed)
                let position = try Int64.fetchOne(db, sql: "SELECT position FROM feed WHERE id = ?", arguments: [row])
                guard position == Int64(before) else { return .rollback }
                var touched: Set<Int64> = []
                for entry in entries { touched.formUnion(try Self.insert(entry, feedRow: row, table)) }
                for record in touched.sorted() { try Self.refold(record, table, open: open) }
                try db.execute(
                    sql: "UPDATE feed SET position = ?, digest = ?, applied_ms = ? WHERE id = ?",
                    arguments: [Int64(after.position), Data(after.digest.bytes), milliseconds, row]
                )
                isDone = true
                return .commit
            }
        }
        return isDone
    }

    /// Folds records again, because a key arrived.
    func refold(sealedWith key: [UInt8], open: (RecordChange) throws -> RecordChange) throws {
        try queue.write { db in
            let rows = try Int64.fetchAll(db, sql: "SELECT record FROM sealed WHERE key = ?", arguments: [Data(key)])
            for row in rows { try Self.refold(row, RecordTable(db: db), open: open) }
        }
    }

    /// Files an entry under the records it changes.
    ///
    /// - Returns: The rows of records whose state may be another now.
    private static func insert(_ entry: Applied, feedRow: Int64, _ table: RecordTable) throws -> Set<Int64> {
        let db = table.db
        try db.cachedStatement(sql: "INSERT INTO entry(feed, position, digest_prefix, bytes) VALUES(?, ?, ?, ?)")
            .execute(arguments: [
                feedRow, Int64(entry.reference.position), Int64(bitPattern: entry.reference.digestPrefix),
                Data(entry.bytes),
            ])
        let entryRow = db.lastInsertedRowID
        let waiting = try Int64.fetchAll(
            db.cachedStatement(sql: "SELECT record FROM wait WHERE feed = ? AND position = ?"),
            arguments: [feedRow, Int64(entry.reference.position)]
        )
        var touched = Set(waiting)
        let decoded: RecordEntry
        do throws(CaseModel.RecordError) {
            decoded = try RecordEntry(decoding: entry.bytes, at: entry.reference)
        } catch {
            // Not an entry of records at all: it stays in the log and in `entry`, and belongs to no record.
            return touched
        }
        for (number, change) in decoded.changes.enumerated() {
            let row = try table.madeRecordRow(change.record, kind: change.kind)
            try db.cachedStatement(sql: "INSERT OR IGNORE INTO change(record, entry, number) VALUES(?, ?, ?)")
                .execute(arguments: [row, entryRow, number])
            touched.insert(row)
        }
        return touched
    }

    /// Brings what the tables say of a record up to the set of its changes.
    private static func refold(
        _ row: Int64,
        _ table: RecordTable,
        open: (RecordChange) throws -> RecordChange
    ) throws {
        let db = table.db
        let changes = try table.changes(ofRecord: row, open: open)
        guard let state = RecordState(folding: changes, of: try table.recordID(row)) else { return }
        let caseRow = try state.caseRecord.map { try table.madeRecordRow($0, kind: .case) }
        try db.cachedStatement(sql: "UPDATE record SET kind = ?, case_record = ?, attention = ? WHERE id = ?")
            .execute(arguments: [Int(state.kind.rawValue), caseRow, state.needsAttention, row])
        for pending in state.pending {
            for missing in pending.missing {
                try db.cachedStatement(sql: "INSERT OR IGNORE INTO wait(feed, position, record) VALUES(?, ?, ?)")
                    .execute(arguments: [try table.madeFeedRow(missing.feed), Int64(missing.position), row])
            }
        }
        for key in Set(changes.compactMap(\.sealed?.keyID)).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            try db.cachedStatement(sql: "INSERT OR IGNORE INTO sealed(key, record) VALUES(?, ?)")
                .execute(arguments: [Data(key), row])
        }
        if state.kind == .case {
            for candidate in state[LinkField.casePerson]?.candidates ?? [] {
                guard case .link(let person) = candidate.content else { continue }
                try db.cachedStatement(sql: "INSERT OR IGNORE INTO person_case(person, case_record) VALUES(?, ?)")
                    .execute(arguments: [try table.madeRecordRow(person, kind: .person), row])
            }
        }
        if state.kind == .person {
            try db.cachedStatement(sql: "INSERT OR REPLACE INTO search(person, text) VALUES(?, ?)")
                .execute(arguments: [row, SearchText.of(state)])
        }
    }
}
