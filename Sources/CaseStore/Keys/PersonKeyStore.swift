import CaseModel
import Foundation
import GRDB

/// `keys.sqlite`: the keys of persons. Not derivable from the log, so every write is durable before it returns.
///
/// Losing it loses the identifying values this site alone holds; the clinical records stay. A key taken out of it
/// everywhere erases the values for good.
final class PersonKeyStore: Sendable {
    private let queue: DatabaseQueue

    /// - Throws: ``CaseStoreError`` with `.keys` when the file is not what it should be.
    init(path: String) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
        }
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.write { db in
                try db.execute(
                    sql: """
                        CREATE TABLE IF NOT EXISTS person_key(
                            id BLOB PRIMARY KEY, secret BLOB NOT NULL, origin BLOB) WITHOUT ROWID
                        """
                )
            }
        } catch let error as DatabaseError {
            throw CaseStoreError(
                .keys,
                "The file keys.sqlite can not be used (\(error.resultCode)): restore it from a backup. Records can be read"
                    + " without it; names can not."
            )
        }
    }

    /// Every key here, by its id.
    func all() throws -> [(id: [UInt8], key: PersonKey)] {
        try queue.read { db in
            try Row.fetchAll(db, sql: "SELECT id, secret FROM person_key ORDER BY id").compactMap { row in
                PersonKey([UInt8](row["secret"] as Data)).map { ([UInt8](row["id"] as Data), $0) }
            }
        }
    }

    func key(_ id: [UInt8]) throws -> PersonKey? {
        try queue.read { db in
            try Data.fetchOne(db, sql: "SELECT secret FROM person_key WHERE id = ?", arguments: [Data(id)])
        }.flatMap { PersonKey([UInt8]($0)) }
    }

    /// Keeps keys; durable when this returns.
    ///
    /// - Parameter origin: The site they came from; nil for this one.
    /// - Returns: The ids of those that were not here.
    func keep(_ keys: [PersonKey], origin: [UInt8]?) throws -> [[UInt8]] {
        try queue.write { db in
            var added: [[UInt8]] = []
            for key in keys {
                try db.execute(
                    sql: "INSERT OR IGNORE INTO person_key(id, secret, origin) VALUES(?, ?, ?)",
                    arguments: [Data(key.id), Data(key.secretBytes), origin.map { Data($0) }]
                )
                if db.changesCount > 0 { added.append(key.id) }
            }
            return added
        }
    }
}
