import CaseModel
import Foundation
import GRDB

// Keys of persons for a backup, with what tells destroyed ones.
//
// Layout: `AbscKey0`, then for each key: id (8), 1 when its names are still to be shown (1), length of the origin (1),
// origin, length of the secret (1; 0 for a destroyed key), secret.
extension PersonKeyStore {
    private static let backupMagic = Array("AbscKey0".utf8)

    /// Every key, and every destroyed one.
    ///
    /// - Returns: nil when there is no file of keys.
    /// - Throws: ``CaseStoreError`` with `.keys` when the file can not be read.
    func backup() throws -> [UInt8]? {
        let rows = try reading { db in
            try Row.fetchAll(db, sql: "SELECT id, secret, origin, news FROM person_key ORDER BY id")
        }
        if let problem { throw CaseStoreError(.keys, problem) }
        guard let rows else { return nil }
        var bytes = Self.backupMagic
        for row in rows {
            let (id, secret, origin): (Data, Data, Data) = (row[0], row[1], row[2] ?? Data())
            guard id.count == 8, secret.count < 256, origin.count < 256 else { continue }
            bytes += Array(id) + [(row[3] as Bool) ? 1 : 0]
            for part in [origin, secret] {
                bytes.append(UInt8(part.count))
                bytes += Array(part)
            }
        }
        return bytes
    }

    /// Makes the file anew from what ``backup()`` gave; durable when this returns.
    ///
    /// - Throws: ``CaseStoreError`` with `.keys` when the bytes are something else, or can not be written.
    func restore(_ bytes: [UInt8]) throws {
        let damage = CaseStoreError(.keys, "The keys of persons in the backup are not what they should be.")
        guard Array(bytes.prefix(8)) == Self.backupMagic else { throw damage }
        var rest = bytes[8...]
        func take(_ count: Int) throws -> [UInt8] {
            guard rest.count >= count else { throw damage }
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        var rows: [(id: [UInt8], isNews: Bool, origin: [UInt8], secret: [UInt8])] = []
        while !rest.isEmpty {
            let id = try take(8)
            let isNews = try take(1) == [1]
            let origin = try take(Int(try take(1)[0]))
            rows.append((id, isNews, origin, try take(Int(try take(1)[0]))))
        }
        try guarded {
            try connection(making: true)?.write { db in
                for row in rows {
                    try db.cachedStatement(
                        sql: "INSERT OR REPLACE INTO person_key(id, secret, origin, news, place)"
                            + " VALUES(?, ?, ?, ?, \(Self.nextPlace))"
                    ).execute(
                        arguments: [
                            Data(row.id), Data(row.secret), row.origin.isEmpty ? nil : Data(row.origin), row.isNews,
                        ]
                    )
                }
            }
        }
    }
}
