import SimulatedStorage

/// An entry that says who wrote it, in which commit, as which part of how many; every byte follows from that, so what is
/// found in a store can be judged without having been told of.
struct ProofEntry: Hashable {
    var writer: UInt32
    var commit: UInt32
    var index: UInt16
    var count: UInt16

    static let headerBytes = 16

    /// The entry of a length, at least ``headerBytes``.
    func bytes(_ lengthBytes: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(lengthBytes)
        for word in [writer, commit, UInt32(index) << 16 | UInt32(count), UInt32(lengthBytes)] {
            for shift in stride(from: UInt32(0), to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        var random = SplitMix64(seed: SplitMix64.mix(UInt64(writer) << 32 | UInt64(commit), UInt64(index)))
        return bytes + random.bytes(lengthBytes - Self.headerBytes)
    }

    /// - Returns: nil unless every byte is as ``bytes(_:)`` makes it.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.headerBytes else { return nil }
        func word(_ at: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << (8 * UInt32($1)) } }
        self.init(
            writer: word(0),
            commit: word(4),
            index: UInt16(word(8) >> 16),
            count: UInt16(truncatingIfNeeded: word(8))
        )
        guard word(12) == UInt32(bytes.count), index < count, self.bytes(bytes.count) == bytes else { return nil }
    }

    init(writer: UInt32, commit: UInt32, index: UInt16, count: UInt16) {
        self.writer = writer
        self.commit = commit
        self.index = index
        self.count = count
    }

    /// A commit's entries, sized by `random`.
    static func commit(_ commit: UInt32, by writer: UInt32, using random: inout SplitMix64) -> [[UInt8]] {
        let count = random.chance(2, in: 3) ? 1 : 2 + random.below(12)
        return (0..<count).map { index in
            let length = headerBytes + (random.chance(1, in: 40) ? random.below(16_000) : random.below(400))
            return ProofEntry(writer: writer, commit: commit, index: UInt16(index), count: UInt16(count)).bytes(length)
        }
    }
}
