package import CaseModel
import Foundation
import GRDB
import LogFormat
import LogStore

/// What the read model holds, in numbers.
package struct RecordStatistics: Hashable, Sendable {
    package struct KindCount: Hashable, Sendable {
        package var kind: RecordKind
        package var records: Int
    }

    /// Ascending by kind; kinds this version does not know among them (their ``RecordKind/name`` is nil).
    package var kinds: [KindCount]
    package var entries: Int
    /// Entries that are no records: the log keeps and forwards them.
    package var unreadableEntries: Int
    /// Records with a conflict, a disputed retraction, a change that waits or can not be read.
    package var attention: Int
    /// Entries that are named as a parent or by a link and have not arrived.
    package var awaitedEntries: Int
    /// Persons whose identifying values can not be read here, and how many of these were registered at this site and not
    /// erased: then keys were lost.
    package var sealedPersons: Int
    package var lostPersons: Int
}

extension CaseStore {
    /// - Complexity: O(records).
    package func statistics() throws -> RecordStatistics {
        try query { table in
            func count(_ sql: String) throws -> Int { try Int.fetchOne(table.db, sql: sql) ?? 0 }
            let kinds = try Row.fetchAll(
                table.db,
                sql: """
                    SELECT kind, COUNT(*) FROM record WHERE EXISTS(SELECT 1 FROM change WHERE change.record = record.id)
                    GROUP BY kind ORDER BY kind
                    """
            ).map { RecordStatistics.KindCount(kind: RecordKind(rawValue: UInt32($0[0] as Int64)), records: $0[1]) }
            var sealed: Set<Int64> = []
            var lost: Set<Int64> = []
            for row in try Row.fetchAll(
                table.db,
                sql: """
                    SELECT sealed.key, sealed.record, feed.site FROM sealed JOIN record ON record.id = sealed.record
                    JOIN feed ON feed.id = record.feed
                    """
            )
            where try keys.key([UInt8](row[0] as Data)) == nil {
                sealed.insert(row[1])
                if [UInt8](row[2] as Data) == log.site.bytes,
                    try keys.destroyed(among: [[UInt8](row[0] as Data)]).isEmpty
                {
                    lost.insert(row[1])
                }
            }
            return RecordStatistics(
                kinds: kinds,
                entries: try count("SELECT COUNT(*) FROM entry"),
                unreadableEntries: try count("SELECT COUNT(*) FROM unreadable"),
                attention: try count("SELECT COUNT(*) FROM record WHERE attention <> 0"),
                awaitedEntries: try count("SELECT COUNT(*) FROM (SELECT DISTINCT feed, position FROM wait)"),
                sealedPersons: sealed.count,
                lostPersons: lost.count
            )
        }
    }
}
