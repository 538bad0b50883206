import Crypto
import LogFormat

/// Stands for the keys of a site up to one of them, in the order in which they came to be there, destroyed ones too: whoever was
/// sent them all says it, and is sent what follows.
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 8 | how many, least significant byte first |
/// | 8 | 16 | the beginning of SHA-256("abscope keys mark 1" and their ids) |
///
/// A file of keys that was restored has them in another order: then what was said before is not known, and all keys go again.
struct KeyMark: Hashable, Sendable {
    static let lengthBytes = 24

    var count: UInt64
    private var digest: [UInt8]

    /// - Parameter ids: Of all keys up to the last, in their order.
    init(_ ids: some Sequence<[UInt8]>) {
        var hash = SHA256()
        hash.update(data: Array("abscope keys mark 1".utf8))
        count = 0
        for id in ids {
            hash.update(data: id)
            count += 1
        }
        digest = Array(hash.finalize().prefix(16))
    }

    /// How many of some keys a mark stands for.
    ///
    /// - Parameters:
    ///   - bytes: What a peer said.
    ///   - ids: Of all keys here, in their order.
    /// - Returns: nil when these are not the keys it was made of.
    static func count(of bytes: [UInt8], among ids: [[UInt8]]) -> Int? {
        guard bytes.count == lengthBytes else { return nil }
        let said = UInt64(littleEndianBytes: bytes[..<8])
        guard let count = Int(exactly: said), count <= ids.count, KeyMark(ids.prefix(count)).bytes == bytes else {
            return nil
        }
        return count
    }

    var bytes: [UInt8] { UInt64(count).littleEndianBytes + digest }
}
