package import LogFormat

/// The first 16 bytes of a chain digest: enough to tell equal histories from different ones.
package struct ShortDigest: Hashable, Sendable {
    let high: UInt64
    let low: UInt64

    package static let lengthBytes = 16

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    package init(_ digest: ChainDigest) {
        let words = digest.allWords
        self.init(high: words.0, low: words.1)
    }

    /// - Returns: nil unless `bytes` are exactly 16.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.lengthBytes else { return nil }
        func word(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        self.init(high: word(bytes.prefix(8)), low: word(bytes.dropFirst(8)))
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.lengthBytes)
        bytes.append(bigEndian: high)
        bytes.append(bigEndian: low)
        return bytes
    }
}

extension Array<UInt8> {
    /// Appends 8 bytes, the most significant first.
    mutating func append(bigEndian word: UInt64) {
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: word >> shift))
        }
    }
}

/// Where a site says one of its feeds stands.
package struct HaveRow: Hashable, Sendable {
    package var position: UInt64
    package var digest: ShortDigest
    /// About how many bytes the feed takes up to there; for people, and no part of what is held.
    package var bytes: UInt64

    package init(position: UInt64, digest: ShortDigest, bytes: UInt64) {
        self.position = position
        self.digest = digest
        self.bytes = bytes
    }

    /// - Returns: nil for an empty feed, of which nothing is said.
    init?(_ held: HeldFeed) {
        guard held.attested.position > 0 else { return nil }
        self.init(position: held.attested.position, digest: ShortDigest(held.attested.digest), bytes: held.storedBytes)
    }

    /// Whether it names the attested end of a feed as it is held.
    func isEnd(of held: HeldFeed) -> Bool {
        position == held.attested.position && digest == ShortDigest(held.attested.digest)
    }

    /// Whether both name the same end of the feed.
    func isSameEnd(as other: HaveRow) -> Bool { position == other.position && digest == other.digest }
}
