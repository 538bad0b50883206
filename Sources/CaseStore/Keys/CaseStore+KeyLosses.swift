import CaseModel
import Foundation
import GRDB
import LogFormat
import LogStore

// Keys that should be here.
extension CaseStore {
    /// Looks for persons whose keys were lost or altered here. One who was erased lacks nothing, and a key that another site
    /// sealed with and that has not arrived is on its way.
    ///
    /// - Returns: How many; none where keys can not be read at all, which ``keyProblem`` says.
    /// - Throws: ``CaseStoreError`` with `.view`, `StorageError`.
    /// - Complexity: O(keys); the records of a person are read where a key is not here.
    package func keyLosses() throws -> KeyLosses {
        try query { table in
            let sealed = try Row.fetchAll(table.db, sql: "SELECT person, key FROM person_key")
            // The keys last: each is kept before what it seals is recorded, and its row stays when it is destroyed.
            guard let worths = try worths() else { return KeyLosses() }
            var lacking: Set<Int64> = []
            var altered: Set<Int64> = []
            for row in sealed {
                let (person, id): (Int64, Data) = (row[0], row[1])
                let key = [UInt8](id)
                let worth = worths[key]
                guard worth == nil || worth == .nothing, try !table.isErased(person) else { continue }
                if worth == .nothing {
                    altered.insert(person)
                } else if try table.isSealed(person, with: key, by: log.site) {
                    lacking.insert(person)
                }
            }
            return KeyLosses(lacking: lacking.count, altered: altered.subtracting(lacking).count)
        }
    }

    /// What is kept of each key; nil where they can not be read.
    private func worths() throws -> [[UInt8]: KeyRow.Worth]? {
        do {
            return try (keys.rows() ?? []).reduce(into: [:]) { $0[$1.id] = $1.worth }
        } catch let error as CaseStoreError where error.code == .keys {
            return nil
        }
    }
}

extension RecordTable {
    /// Whether a site sealed a value of a person with a key, and so had it.
    fileprivate func isSealed(_ person: Int64, with key: [UInt8], by site: SiteID) throws -> Bool {
        let owner = try recordID(person)
        return try rows(sealedWith: key).contains { row in
            try changes(ofRecord: row).contains { change in
                change.id.entry.feed.site == site && change.sealed?.keyID == key && change.sealed?.person == owner
            }
        }
    }
}
