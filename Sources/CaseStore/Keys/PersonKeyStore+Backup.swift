import CaseModel
import Foundation
import GRDB

// All that is kept, at once: for a backup, and to see whether it is what it should be.
extension PersonKeyStore {
    /// Every key, every destroyed one, and what was altered; ascending.
    ///
    /// - Returns: nil when there is no file of keys.
    /// - Throws: ``CaseStoreError`` with `.keys` when the file can not be read.
    func rows() throws -> [KeyRow]? {
        let rows = try reading { db in
            try Row.fetchAll(db, sql: "SELECT id, secret, origin, news FROM person_key ORDER BY id")
        }
        if let problem { throw CaseStoreError(.keys, problem) }
        return rows?.map { row in
            let (id, secret, origin): (Data, Data, Data) = (row[0], row[1], row[2] ?? Data())
            return KeyRow(id: [UInt8](id), secret: [UInt8](secret), origin: [UInt8](origin), isNews: row[3])
        }
    }

    /// Keeps each row that is not here, or counts for more than what is; durable when this returns.
    ///
    /// - Parameters:
    ///   - rows: Of keys. A destroyed one takes no key from a file that holds it: see ``destroy(_:)``.
    ///   - site: Whose mark it is; nil for none.
    ///   - mark: Stands for all keys of `site` up to these; kept with them, and with nothing where it is empty.
    /// - Returns: How many were not here, or only altered.
    /// - Throws: ``CaseStoreError`` with `.keys` when they can not be kept.
    /// - Complexity: One sync.
    func keep(_ rows: [KeyRow], of site: [UInt8]? = nil, upTo mark: [UInt8] = []) throws -> Int {
        try guarded {
            try connection(making: true)?.write { db in
                var added = 0
                for row in rows {
                    let known = try Data.fetchOne(
                        db.cachedStatement(sql: "SELECT secret FROM person_key WHERE id = ?"),
                        arguments: [Data(row.id)]
                    ).map { KeyRow(id: row.id, secret: [UInt8]($0), isNews: false) }
                    // Who was sent what stood there before has not got this one: it takes the last place.
                    if let known, known.worth >= row.worth || row.worth == .destroyed { continue }
                    try db.cachedStatement(
                        sql: "INSERT OR REPLACE INTO person_key(id, secret, origin, news, place)"
                            + " VALUES(?, ?, ?, ?, \(Self.nextPlace))"
                    ).execute(
                        arguments: [
                            Data(row.id), Data(row.secret), row.origin.isEmpty ? nil : Data(row.origin), row.isNews,
                        ]
                    )
                    added += 1
                }
                if let site, !mark.isEmpty {
                    try db.cachedStatement(sql: "INSERT OR REPLACE INTO key_mark(site, mark) VALUES(?, ?)")
                        .execute(arguments: [Data(site), Data(mark)])
                }
                return added
            } ?? 0
        }
    }
}
