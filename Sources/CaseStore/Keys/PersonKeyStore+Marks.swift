import CaseModel
import Foundation
import GRDB
import LogFormat

// What of the keys another site has, and what this one has of another's.
extension PersonKeyStore {
    /// The keys that follow a mark, in the order in which they came.
    ///
    /// Also those that the site brought itself: a store that was set back has lost them, and says a mark of before.
    ///
    /// - Parameters:
    ///   - mark: What ``KeyMark`` gave before; empty or unknown: all keys follow.
    ///   - isMeant: Whether who is asked for is given the key with an id. One that is so later, among others given before, makes
    ///     their mark unknown.
    /// - Returns: The keys, without destroyed and altered ones, and the mark of all that are meant.
    /// - Throws: ``CaseStoreError`` with `.keys` when the file can not be read.
    /// - Complexity: O(keys here).
    func following(
        _ mark: [UInt8],
        where isMeant: ([UInt8]) -> Bool = { _ in true }
    ) throws -> (keys: [PersonKey], mark: [UInt8]) {
        let rows = try reading { db in
            try Row.fetchAll(db, sql: "SELECT id, secret FROM person_key ORDER BY place, id")
        }
        if let problem { throw CaseStoreError(.keys, problem) }
        let known = (rows ?? []).compactMap { row -> (id: [UInt8], secret: [UInt8])? in
            let (id, secret): (Data, Data) = (row[0], row[1])
            return isMeant([UInt8](id)) ? ([UInt8](id), [UInt8](secret)) : nil
        }
        let ids = known.map(\.id)
        let count = KeyMark.count(of: mark, among: ids)
        let following = known.dropFirst(count ?? 0)
        let keys = following.compactMap { KeyRow(id: $0.id, secret: $0.secret, isNews: false).key }
        return (keys, KeyMark(ids).bytes)
    }

    /// The last mark kept of each site; none where a key here was altered, for what a mark stands for is not all here then,
    /// and who is told no mark sends it again.
    ///
    /// - Throws: ``CaseStoreError`` with `.keys` when the file can not be read.
    func marks() throws -> [SiteID: [UInt8]] {
        if try (self.rows() ?? []).contains(where: { $0.worth == .nothing }) { return [:] }
        let rows = try reading { db in try Row.fetchAll(db, sql: "SELECT site, mark FROM key_mark ORDER BY site") }
        if let problem { throw CaseStoreError(.keys, problem) }
        var marks: [SiteID: [UInt8]] = [:]
        for row in rows ?? [] {
            let (site, mark): (Data, Data) = (row[0], row[1])
            if let site = SiteID([UInt8](site)) { marks[site] = [UInt8](mark) }
        }
        return marks
    }

    /// Makes the tables, or brings those of an earlier program up to date.
    static func makeTables(_ db: Database) throws {
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        if version == 0 {
            try db.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS person_key(
                        id BLOB PRIMARY KEY, secret BLOB NOT NULL, origin BLOB, news INTEGER NOT NULL)
                        WITHOUT ROWID;
                    CREATE INDEX IF NOT EXISTS person_key_news ON person_key(news) WHERE news;
                    """
            )
        }
        if version < 2 {
            // Keys of before have no order but that of their ids.
            try db.execute(
                sql: """
                    ALTER TABLE person_key ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
                    UPDATE person_key SET place = numbered.place
                        FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM person_key) AS numbered
                        WHERE numbered.id = person_key.id;
                    CREATE INDEX person_key_place ON person_key(place);
                    CREATE TABLE key_mark(site BLOB PRIMARY KEY, mark BLOB NOT NULL) WITHOUT ROWID;
                    PRAGMA user_version = 2;
                    """
            )
        }
    }
}
