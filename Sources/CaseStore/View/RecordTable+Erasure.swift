import CaseModel
import Foundation
import GRDB
import LogFormat

// Which persons were erased, and which keys are theirs. Rows of persons are given where a table is full of them.
extension RecordTable {
    /// Whether any person was erased.
    func knowsErasures() throws -> Bool {
        try Bool.fetchOne(db.cachedStatement(sql: "SELECT EXISTS(SELECT 1 FROM erasure)")) ?? false
    }

    /// Whether an erasure of the person is here.
    func isErased(_ person: Int64) throws -> Bool {
        try Bool.fetchOne(
            db.cachedStatement(sql: "SELECT EXISTS(SELECT 1 FROM erasure WHERE person = ?)"),
            arguments: [person]
        ) ?? false
    }

    /// Notes that a value of a person says it is sealed with a key.
    func noteKey(_ key: [UInt8], of person: Int64) throws {
        try db.cachedStatement(sql: "INSERT OR IGNORE INTO person_key(person, key) VALUES(?, ?)")
            .execute(arguments: [person, Data(key)])
    }

    /// Notes an erasure, whose keys are to be looked at.
    ///
    /// - Parameters:
    ///   - erasure: What it says.
    ///   - record: Its row.
    ///   - person: The row of its person.
    /// - Throws: `DatabaseError`.
    func note(_ erasure: Erasure, _ record: Int64, of person: Int64) throws {
        try db.cachedStatement(sql: "INSERT OR IGNORE INTO erasure(person, record) VALUES(?, ?)")
            .execute(arguments: [person, record])
        for key in erasure.keyIDs {
            try db.cachedStatement(sql: "INSERT OR IGNORE INTO erasure_key(key, person) VALUES(?, ?)")
                .execute(arguments: [Data(key), person])
        }
        try unsettle(person)
    }

    /// Notes that keys of an erased person may have to be destroyed.
    func unsettle(_ person: Int64) throws {
        try db.cachedStatement(
            sql: "INSERT INTO unsettled(person, mark) VALUES(?, 1) ON CONFLICT(person) DO UPDATE SET mark = mark + 1"
        ).execute(arguments: [person])
    }

    /// The same for the persons in whose erasure a key is named.
    func unsettle(named key: [UInt8]) throws {
        for person in try Int64.fetchAll(
            db.cachedStatement(sql: "SELECT person FROM erasure_key WHERE key = ?"),
            arguments: [Data(key)]
        ) { try unsettle(person) }
    }

    /// The persons of whom keys may have to be destroyed, with what ``settle(_:erased:)`` needs.
    func unsettled() throws -> [(person: Int64, mark: Int64)] {
        try Row.fetchAll(db.cachedStatement(sql: "SELECT person, mark FROM unsettled ORDER BY person"))
            .map { ($0[0], $0[1]) }
    }

    /// Ends ``unsettled()`` for these persons, unless there was another reason since.
    func settle(_ persons: [(person: Int64, mark: Int64)], erased keys: [[UInt8]]) throws {
        for key in keys {
            try db.cachedStatement(sql: "INSERT OR IGNORE INTO erased_key(key) VALUES(?)").execute(arguments: [
                Data(key)
            ])
        }
        for (person, mark) in persons {
            try db.cachedStatement(sql: "DELETE FROM unsettled WHERE person = ? AND mark = ?")
                .execute(arguments: [person, mark])
        }
    }

    /// Every key that was destroyed because of an erasure, ascending.
    func erasedKeys() throws -> [[UInt8]] {
        try Data.fetchAll(db, sql: "SELECT key FROM erased_key ORDER BY key").map { [UInt8]($0) }
    }

    /// The keys a person's values say they are sealed with, and those an erasure of the person names; ascending.
    func keys(of person: Int64) throws -> [(id: [UInt8], isNamed: Bool)] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT key, MAX(named) FROM (
                        SELECT key, 0 AS named FROM person_key WHERE person = ?1
                        UNION ALL SELECT key, 1 FROM erasure_key WHERE person = ?1)
                    GROUP BY key ORDER BY key
                    """
            ),
            arguments: [person]
        ).map { ([UInt8]($0[0] as Data), ($0[1] as Int64) == 1) }
    }

    /// Of each key, the sites that wrote records whose values say they are sealed with it.
    ///
    /// - Complexity: O(records with identifying values).
    func authorsOfSealed() throws -> [[UInt8]: Set<SiteID>] {
        var authors: [[UInt8]: Set<SiteID>] = [:]
        for row in try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT DISTINCT sealed.key, feed.site FROM sealed
                    JOIN change ON change.record = sealed.record
                    JOIN feed ON feed.id = change.entry >> \(ViewSchema.positionBits)
                    """
            )
        ) {
            let (key, site): (Data, Data) = (row[0], row[1])
            if let site = SiteID([UInt8](site)) { authors[[UInt8](key), default: []].insert(site) }
        }
        return authors
    }

    /// The values that say they are sealed with a key: whose they are, and whether the key here opens them.
    func users(of key: [UInt8]) throws -> [(person: RecordID, isOpened: Bool)] {
        try rows(sealedWith: key).flatMap { row in
            try changes(ofRecord: row).compactMap { change in
                guard let sealed = change.sealed, sealed.keyID == key else { return nil }
                return (sealed.person, change.isOpened)
            }
        }
    }

    /// The erasures of a person, ascending.
    func erasures(of person: Int64) throws -> [Erasure] {
        try Int64.fetchAll(
            db.cachedStatement(sql: "SELECT record FROM erasure WHERE person = ?"),
            arguments: [person]
        ).flatMap { try changes(ofRecord: $0).compactMap(Erasure.init) }.sorted { $0.id < $1.id }
    }
}
