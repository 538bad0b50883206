/// Keys of persons as a backup holds them, with what tells destroyed ones.
///
/// Layout: `AbscKey0`, then for each key: id (8), 1 when its names are still to be shown (1), length of the origin (1),
/// origin, length of the secret (1; 0 for a destroyed key), secret.
struct KeyList: Sendable {
    private static let magic = Array("AbscKey0".utf8)
    private var byID: [[UInt8]: KeyRow] = [:]

    init() {}

    /// Takes a list apart.
    ///
    /// - Throws: ``CaseStoreError`` with `.keys` when the bytes are something else.
    init(decoding bytes: [UInt8]) throws(CaseStoreError) {
        let damage = CaseStoreError(.keys, "The keys of persons in the backup are not what they should be.")
        guard Array(bytes.prefix(8)) == Self.magic else { throw damage }
        var rest = bytes[8...]
        func take(_ count: Int) throws(CaseStoreError) -> [UInt8] {
            guard rest.count >= count else { throw damage }
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        while !rest.isEmpty {
            let id = try take(8)
            let isNews = try take(1) == [1]
            let origin = try take(Int(try take(1)[0]))
            let secret = try take(Int(try take(1)[0]))
            add([KeyRow(id: id, secret: secret, origin: origin, isNews: isNews)])
        }
    }

    /// Ascending by id.
    var rows: [KeyRow] { byID.values.sorted { $0.id.lexicographicallyPrecedes($1.id) } }

    /// The list in bytes, the same for the same keys.
    var encoded: [UInt8] {
        var bytes = Self.magic
        for row in rows {
            bytes += row.id + [row.isNews ? 1 : 0]
            for part in [row.origin, row.secret] {
                bytes.append(UInt8(part.count))
                bytes += part
            }
        }
        return bytes
    }

    /// Adds what is not there, or counts for more than what is.
    ///
    /// - Parameter rows: What no list holds is passed over.
    /// - Returns: How many keys the list opens values with that it did not before.
    @discardableResult
    mutating func add(_ rows: [KeyRow]) -> Int {
        var added = 0
        for row in rows where row.id.count == 8 && row.secret.count < 256 && row.origin.count < 256 {
            if let known = byID[row.id], known.worth >= row.worth { continue }
            byID[row.id] = row
            if row.worth == .opens { added += 1 }
        }
        return added
    }

    /// Destroys keys, there or not.
    mutating func destroy(_ ids: [[UInt8]]) {
        add(ids.map { KeyRow(id: $0, secret: [], isNews: true) })
    }
}
