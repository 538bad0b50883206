package import CaseModel
import Foundation
import GRDB
import LogFormat
import LogStore
import Schema
import StoreIO
import Synchronization

// Histories of forked feeds that another site's feed carries: their records are shown beside those of the feed itself.
extension CaseStore {
    /// Applies the entries of carried histories that are complete and proven, as far as they are not those of the feed.
    ///
    /// Attached files and the roster are left out: the log alone holds what is carried of lanes 0 and 3.
    ///
    /// - Throws: ``CaseStoreError`` with `.view`, `StorageError`.
    /// - Complexity: One question to the read model when nothing is pending; else reads what is pending where something
    ///   arrived since it was last tried, in the long run not more than ``branchBytesPerSecond``.
    func settleBranches() throws {
        let pending = try query { try $0.pendingBranches() }
        guard !pending.isEmpty, surroundings.clock.steadyNanoseconds() >= branchRest.withLock(\.self) else { return }
        try Self.translated { try settle(pending) }
    }

    /// So much is read again and again of histories that can not be told apart from the feed yet.
    private static let branchBytesPerSecond: UInt64 = 2 << 20

    /// A history that may still turn out to be the feed itself was read in vain: whoever brings the feed entry by entry does not
    /// make this store read all of it as often.
    private func rest(after entries: [StoredEntry]) {
        let bytes = entries.reduce(0) { $0 + UInt64($1.bytes.count) }
        guard bytes > Self.branchBytesPerSecond else { return }
        let now = surroundings.clock.steadyNanoseconds()
        branchRest.withLock { $0 = now + bytes / Self.branchBytesPerSecond * 1_000_000_000 }
    }

    private func settle(_ pending: [RecordTable.PendingBranch]) throws {
        let ends = try log.frontier()
        for branch in pending {
            let feed = branch.statement?.feed
            let parts = BranchStatement.parts(saidIn: branch.carrier)
            let main = feed.flatMap { ends[$0]?.position } ?? 0
            let moment = Int64(clamping: main) &+ Int64(clamping: ends[parts]?.position ?? 0)
            guard moment != branch.tried else { continue }
            do {
                let entries = try alien(branch, main: main)
                try note(branch, entries, tried: moment)
            } catch let error as StorageError where error.code == .corrupted {
                // Damage is told by whoever reads the feed; a repair brings more of it, and then it is tried again.
                try note(branch, .later, tried: moment)
            } catch  where Self.isUnwritable(error) {
                return
            }
        }
    }

    /// What is to be done with a carried history.
    private enum Verdict {
        case later
        case apply([StoredEntry])
        case nothing
    }

    /// The entries of a carried history that the feed has not.
    private func alien(_ branch: RecordTable.PendingBranch, main: UInt64) throws -> Verdict {
        guard let statement = branch.statement, statement.start != nil,
            [.urgent, .records].contains(statement.feed.lane), branch.isNew
        else { return .nothing }
        // With nothing to compare it with it can not be told what of it is the feed.
        guard main > 0 else { return .later }
        switch try log.branch(statement, carriedBy: branch.carrier) {
        case .incomplete: return .later
        case .unproven: return .nothing
        case .entries(let entries):
            // Where two histories have parted they never meet again.
            var (same, other) = (0, entries.prefix { $0.reference.position <= main }.count)
            let comparable = other
            while same < other {
                let middle = (same + other) / 2
                let reference = entries[middle].reference
                if reference.matches(try log.head(of: reference.feed, at: reference.position).digest) {
                    same = middle + 1
                } else {
                    other = middle
                }
            }
            if same < comparable { return .apply(Array(entries[same...])) }
            // All of it is in the feed, or may still come there.
            guard comparable < entries.count else { return .nothing }
            rest(after: entries)
            return .later
        }
    }

    private func note(_ branch: RecordTable.PendingBranch, _ verdict: Verdict, tried: Int64) throws {
        let used = view
        let now = surroundings.clock.millisecondsSinceEpoch()
        _ = try used.write(opening: opened) { table -> Bool? in
            switch verdict {
            case .later: try table.note(branch, isDone: false, tried: tried)
            case .nothing: try table.note(branch, isDone: true, tried: tried)
            case .apply(let entries):
                try table.apply(entries.map { AppliedEntry($0) }, of: branch, milliseconds: now)
                try table.note(branch, isDone: true, tried: tried)
            }
            return true
        }
    }

    /// Records of a case, the case itself among them, of which something was recorded in another history of a feed than the
    /// one held here as that feed: the site's computer was copied or set back.
    ///
    /// - Throws: ``CaseStoreError`` with `.view`, `StorageError`.
    package func recordsOfBranches(in caseRecord: RecordID) throws -> Set<RecordID> {
        try query { table in
            guard let row = try table.recordRow(caseRecord) else { return [] }
            let rows = try Int64.fetchAll(
                table.db,
                sql: """
                    SELECT DISTINCT change.record FROM record JOIN change ON change.record = record.id
                    JOIN feed ON feed.id = change.entry >> \(ViewSchema.positionBits)
                    WHERE (record.id = ?1 OR record.case_record = ?1) AND feed.branch <> 0
                    """,
                arguments: [row]
            )
            return Set(try rows.map { try table.recordID($0) })
        }
    }
}

extension RecordTable {
    /// A statement of a history that was not applied yet.
    struct PendingBranch {
        /// The row of the entry that says it.
        var entry: Int64
        /// The lane 0 in which it stands.
        var carrier: FeedID
        /// nil when it can not be read.
        var statement: BranchStatement?
        /// What was there when it was last tried.
        var tried: Int64
        /// Nothing it names was named before by the same carrier: see ``CarriedStretches``.
        var isNew: Bool
    }

    /// - Complexity: O(1) when there are none; else O(statements).
    func pendingBranches() throws -> [PendingBranch] {
        let isPending = "SELECT EXISTS(SELECT 1 FROM branch WHERE NOT done)"
        guard try Bool.fetchOne(db.cachedStatement(sql: isPending)) == true else { return [] }
        var stretches = CarriedStretches()
        return try Row.fetchAll(db.cachedStatement(sql: "SELECT entry, done, tried FROM branch ORDER BY entry"))
            .compactMap { found in
                let row: Int64 = found[0]
                let carrier = try feed(row >> ViewSchema.positionBits)
                let statement = Self.statement(try entry(row))
                let isNew = statement.map { stretches.areNew($0, in: carrier) } ?? false
                guard !(found[1] as Bool) else { return nil }
                return PendingBranch(
                    entry: row,
                    carrier: carrier,
                    statement: statement,
                    tried: found[2],
                    isNew: isNew
                )
            }
    }

    private static func statement(_ entry: RecordEntry) -> BranchStatement? {
        for change in entry.changes where change.kind == .branch && change.action == .create {
            for case .bytes(let field) in change.fields.map(\.content) {
                do {
                    return try BranchStatement(decoding: [UInt8](try BranchBody(encodedBytes: field).statement))
                } catch {
                    continue
                }
            }
        }
        return nil
    }

    func note(_ branch: PendingBranch, isDone: Bool, tried: Int64) throws {
        try db.cachedStatement(sql: "UPDATE branch SET done = ?, tried = ? WHERE entry = ?")
            .execute(arguments: [isDone, tried, branch.entry])
    }

    /// Files the entries of a carried history beside the feed, those that came by another statement left out.
    func apply(_ entries: [AppliedEntry], of branch: PendingBranch, milliseconds: Int64) throws {
        guard let feed = branch.statement?.feed, let last = entries.last?.reference.position else { return }
        let known = try Int64.fetchAll(
            db,
            sql: "SELECT id FROM feed WHERE site = ? AND epoch = ? AND lane = ? AND branch <> 0",
            arguments: [Data(feed.site.bytes), Data(feed.epoch.bytes), Int(feed.lane.rawValue)]
        )
        let news = try entries.filter { entry in
            try !known.contains { row in
                try Int64.fetchOne(
                    db.cachedStatement(sql: "SELECT digest_prefix FROM entry WHERE id = ?"),
                    arguments: [Self.entryRow(feed: row, position: entry.reference.position)]
                ) == Int64(bitPattern: entry.reference.digestPrefix)
            }
        }
        guard let first = news.first?.reference.position else { return }
        try db.execute(
            sql: """
                INSERT INTO feed(site, epoch, lane, branch, position, digest, applied_ms, recorded_ms)
                VALUES(?, ?, ?, ?, ?, x'', ?, 0)
                """,
            arguments: [
                Data(feed.site.bytes), Data(feed.epoch.bytes), Int(feed.lane.rawValue), branch.entry, Int64(last),
                milliseconds,
            ]
        )
        let row = db.lastInsertedRowID
        var applier = try BatchApplier(self, feed: feed, feedRow: row, positions: first...last, isBranch: true)
        for entry in news { _ = try applier.add(entry) }
        try applier.finish()
    }
}
