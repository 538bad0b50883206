import CaseModel
import Foundation
import GRDB
import LogFormat

/// The SQLite database that answers questions: derived from the log, and thrown away whenever it does not fit.
final class ReadModel: Sendable {
    let queue: DatabaseQueue
    /// The file in use; nil where it is kept in memory because the disk can not be written.
    let path: String?

    /// Opens a file, making the tables in an empty one.
    ///
    /// - Parameters:
    ///   - path: The file; nil for a database in memory.
    ///   - isBeingBuilt: True while nobody relies on the file: nothing is synced until ``settle()``.
    /// - Throws: `DatabaseError`; ``DamagedView`` for tables of another version.
    init(path: String?, isBeingBuilt: Bool = false) throws {
        self.path = path
        var configuration = Configuration()
        configuration.busyMode = .timeout(30)
        configuration.prepareDatabase { db in
            try db.execute(
                sql: """
                    PRAGMA journal_mode = WAL;
                    PRAGMA synchronous = \(isBeingBuilt ? "OFF" : "NORMAL");
                    PRAGMA temp_store = MEMORY;
                    PRAGMA cache_size = -8192;
                    """
            )
        }
        queue =
            try path.map { try DatabaseQueue(path: $0, configuration: configuration) }
            ?? DatabaseQueue(configuration: configuration)
        let version = try queue.read { try Int.fetchOne($0, sql: "PRAGMA user_version") }
        guard version != ViewSchema.version else { return }
        guard version == 0 else {
            throw DamagedView("The read model was made by another version of the program.")
        }
        try queue.writeWithoutTransaction { db in
            try db.inTransaction(.immediate) {
                if try Int.fetchOne(db, sql: "PRAGMA user_version") == 0 {
                    try db.execute(sql: ViewSchema.sql)
                    try db.execute(sql: "PRAGMA user_version = \(ViewSchema.version)")
                }
                return .commit
            }
        }
    }

    /// Ends building: everything is in the file itself, and is written as carefully as the file of a reader from now on.
    func settle() throws {
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA synchronous = NORMAL;")
        }
    }

    /// The same tables in memory.
    ///
    /// - Throws: `DatabaseError`.
    func copiedToMemory() throws -> ReadModel {
        let copy = try ReadModel(path: nil)
        try queue.backup(to: copy.queue)
        return copy
    }

    func read<Result>(
        opening open: @escaping (RecordChange) throws -> RecordChange,
        _ body: (RecordTable) throws -> Result
    ) throws -> Result {
        try queue.read { try body(RecordTable($0, open: open)) }
    }

    /// How far each feed was applied.
    func frontier() throws -> [FeedID: FeedHead] {
        try read(opening: { $0 }) { try $0.frontier() }
    }

    /// Runs `body` in a transaction that no other process can come between.
    ///
    /// - Returns: What `body` returned; nothing of it stays when it throws or returns nil.
    func write<Result>(
        opening open: @escaping (RecordChange) throws -> RecordChange,
        _ body: (RecordTable) throws -> Result?
    ) throws -> Result? {
        var result: Result?
        try queue.writeWithoutTransaction { db in
            try db.inTransaction(.immediate) {
                result = try body(RecordTable(db, open: open))
                return result == nil ? .rollback : .commit
            }
        }
        return result
    }

    /// What could not be read of what was applied.
    func gaps() throws -> [FeedGap] { try read(opening: { $0 }) { try $0.gaps() } }

    /// How far each feed was applied, and what could not be read of that, at one moment.
    func standing() throws -> (heads: [FeedID: FeedHead], gaps: [FeedGap]) {
        try read(opening: { $0 }) { (try $0.frontier(), try $0.gaps()) }
    }

    /// Applies entries that follow what was applied of their feed, in one transaction.
    ///
    /// - Parameters:
    ///   - entries: Of one feed, in order, right after `before` and what is missing.
    ///   - feed: Whose they are.
    ///   - before: Where the caller believes the feed to be applied to; nil at its beginning.
    ///   - missing: What lies between `before` and `entries` and can not be read.
    ///   - after: The feed's head after the last of `entries`, or of what is missing.
    ///   - milliseconds: Now, by this machine's clock.
    ///   - open: Opens identifying fields where their key is here.
    /// - Returns: False when the feed was elsewhere, because another process was faster; nothing was done then.
    /// - Throws: `DatabaseError`, ``DamagedView``, ``CaseStoreError`` for a feed of more than a million million entries.
    /// - Complexity: About 20 microseconds for an entry that creates a record.
    func apply(
        _ entries: [AppliedEntry],
        of feed: FeedID,
        before: FeedHead?,
        missing: ClosedRange<UInt64>? = nil,
        after: FeedHead,
        milliseconds: Int64,
        open: @escaping (RecordChange) throws -> RecordChange
    ) throws -> Bool {
        guard missing != nil || !entries.isEmpty else { return true }
        guard after.position < 1 << ViewSchema.positionBits else {
            throw CaseStoreError(.view, "Feed \(feed) is longer than the read model can number.")
        }
        return try write(opening: open) { table -> Bool? in
            let row = try table.madeFeedRow(feed)
            guard try table.head(of: feed) == before else { return nil }
            if let missing { try table.note(FeedGap(feed: feed, positions: missing, before: before), of: row) }
            let latest = try Self.apply(entries, of: feed, row, table)
            // A site's clock that runs ahead must not make it look fresher than it can be.
            try table.db.execute(
                sql: """
                    UPDATE feed SET position = ?, digest = ?, applied_ms = ?, recorded_ms = MAX(recorded_ms, ?)
                    WHERE id = ?
                    """,
                arguments: [
                    Int64(after.position), Data(after.digest.bytes), milliseconds, min(latest, milliseconds), row,
                ]
            )
            return true
        } ?? false
    }

    /// Applies entries of a gap that can be read now, in one transaction.
    ///
    /// - Parameters:
    ///   - gap: Where they lie, as it was noted.
    ///   - entries: In order, without a gap between them; at least one.
    ///   - rest: What of it still can not be read, or was not tried yet.
    ///   - milliseconds: Now, by this machine's clock.
    ///   - open: Opens identifying fields where their key is here.
    /// - Returns: False when another process was faster; nothing was done then.
    /// - Throws: `DatabaseError`, ``DamagedView``.
    func fill(
        _ gap: FeedGap,
        with entries: [AppliedEntry],
        leaving rest: [FeedGap],
        milliseconds: Int64,
        open: @escaping (RecordChange) throws -> RecordChange
    ) throws -> Bool {
        try write(opening: open) { table -> Bool? in
            let row = try table.madeFeedRow(gap.feed)
            guard try table.forget(gap, of: row) else { return nil }
            for left in rest { try table.note(left, of: row) }
            let latest = try Self.apply(entries, of: gap.feed, row, table)
            try table.db.execute(
                sql: "UPDATE feed SET recorded_ms = MAX(recorded_ms, ?) WHERE id = ?",
                arguments: [min(latest, milliseconds), row]
            )
            return true
        } ?? false
    }

    /// Files entries that follow each other.
    ///
    /// - Returns: When the latest was made, by its site's clock; 0 when nothing says so.
    private static func apply(
        _ entries: [AppliedEntry],
        of feed: FeedID,
        _ row: Int64,
        _ table: RecordTable
    ) throws -> Int64 {
        guard let first = entries.first?.reference.position, let last = entries.last?.reference.position else {
            return 0
        }
        var applier = try BatchApplier(table, feed: feed, feedRow: row, positions: first...last)
        var latest: Int64 = 0
        for entry in entries { latest = max(latest, try applier.add(entry) ?? 0) }
        try applier.finish()
        return latest
    }

    /// Folds the records sealed with these keys again, because the keys have come or were destroyed.
    ///
    /// - Parameters:
    ///   - keys: Their ids.
    ///   - destroyed: Those of them that were destroyed: what goes out of the file is overwritten there.
    ///   - open: Opens identifying fields where their key is here.
    /// - Throws: `DatabaseError`, ``DamagedView``.
    func refold(
        sealedWith keys: [[UInt8]],
        destroyed: Set<[UInt8]>,
        open: @escaping (RecordChange) throws -> RecordChange
    ) throws {
        func pragma(_ sql: String) throws { try queue.writeWithoutTransaction { try $0.execute(sql: sql) } }
        let isErasing = !destroyed.isEmpty
        if isErasing { try pragma("PRAGMA secure_delete = ON") }
        _ = try write(opening: open) { table -> Bool? in
            var rows: Set<Int64> = []
            for key in keys {
                rows.formUnion(try table.rows(sealedWith: key))
                if !destroyed.contains(key) { try table.unsettle(named: key) }
            }
            var applier = try BatchApplier(refolding: table)
            try applier.refold(rows.sorted())
            return true
        }
        if isErasing { try pragma("PRAGMA secure_delete = OFF; PRAGMA wal_checkpoint(TRUNCATE);") }
    }
}

extension DatabaseError {
    /// The file is not, or no longer, what the program wrote: it is built anew rather than repaired.
    var isDamage: Bool {
        [.SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR, .SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_FORMAT]
            .contains(resultCode)
    }
}
