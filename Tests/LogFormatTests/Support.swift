import Crypto
import Foundation
import LogFormat
import Testing

/// Numbers that look random and are the same for the same seed.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }
}

/// One site with a fixed key, and entries of its feed.
enum Fixture {
    static func privateKey() throws -> Curve25519.Signing.PrivateKey {
        try Curve25519.Signing.PrivateKey(rawRepresentation: Array<UInt8>(0..<32))
    }

    static func key() throws -> SitePublicKey { SitePublicKey(try privateKey().publicKey) }

    static func feed(_ lane: Lane = .records) throws -> FeedID {
        FeedID(site: try key().siteID, epoch: try #require(EpochID([1, 2, 3, 4, 5, 6, 7, 8])), lane: lane)
    }

    static func start() throws -> FeedHead {
        FeedChain.start(key: try key(), epoch: try feed().epoch, lane: .records)
    }

    /// Entries with repetition in them, as records have.
    static func entries(_ count: Int, seed: UInt64 = 1) -> [[UInt8]] {
        var numbers = SeededNumbers(seed: seed)
        return (0..<count).map { index in
            Array("entry \(index): fraction given, 2.0 Gy, reason \(numbers.next() % 7) ".utf8)
                + numbers.bytes(Int.random(in: 0..<40, using: &numbers))
        }
    }

    static func segmentHeader(kind: SegmentHeader.Kind = .raw) throws -> SegmentHeader {
        SegmentHeader(
            kind: kind,
            feed: try feed(),
            key: try key(),
            salt: 0x0123_4567_89ab_cdef,
            previous: try start(),
            predecessor: nil,
            createdMilliseconds: 1_750_000_000_000
        )
    }
}

/// Decodes `bytes` with every single bit flipped, one after the other.
///
/// - Returns: Descriptions of flips that decoded to something else than `original` without an error.
func acceptedFlips<Value: Equatable>(
    of bytes: [UInt8],
    original: Value,
    _ decode: ([UInt8]) throws(FormatError) -> Value
) -> [String] {
    var accepted: [String] = []
    var flipped = bytes
    for bit in 0..<bytes.count * 8 {
        flipped[bit / 8] ^= 1 << UInt8(bit % 8)
        do {
            if try decode(flipped) != original { accepted.append("bit \(bit % 8) of byte \(bit / 8)") }
        } catch {
            #expect(FormatError.allCases.contains(error))
        }
        flipped[bit / 8] ^= 1 << UInt8(bit % 8)
    }
    return accepted
}

/// A file of the public contract.
func contractFile(_ name: String) throws -> Data {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    return try Data(contentsOf: root.appendingPathComponent("Protocol").appendingPathComponent(name))
}

func vectors<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
    try JSONDecoder().decode(type, from: contractFile("vectors/log/\(name)"))
}

/// Bytes written as hexadecimal digits in a vector.
struct Hex: Decodable, Equatable {
    let bytes: [UInt8]

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let bytes = [UInt8](hexadecimal: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not hexadecimal: \(text)")
        }
        self.bytes = bytes
    }
}
