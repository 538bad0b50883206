import LogFormat

/// Puts checksums right in bytes that a fuzzer has changed, so that what lies behind them is reached.
///
/// Follows Protocol/log-format.md by itself, not through the code that is fuzzed. On whole bytes it changes nothing,
/// which a test holds it to: when the format changes, that test says so.
enum Checksums {
    /// Header and blocks of a raw segment.
    static func rawSegment(_ bytes: inout [UInt8], chain: Bool) {
        guard segmentHeader(&bytes) else { return }
        var head = previous(bytes)
        let salt = Array(bytes[80..<88])
        var at = 256
        while at + 80 <= bytes.count, ["AbB1", "AbB+"].contains(where: { Array($0.utf8) == Array(bytes[at..<at + 4]) })
        {
            let end = block(&bytes, at: at + 16, chain: chain, &head)
            var covered = Array(bytes[at..<at + 4]) + salt
            for shift in 0..<8 { covered.append(UInt8(truncatingIfNeeded: UInt64(at) >> (8 * UInt64(shift)))) }
            covered += bytes[at + 8..<at + 80]
            bytes.put(Checksum.of(covered), at: at + 4)
            at = end
        }
    }

    /// Header, blocks, index and footer of a sealed segment.
    static func sealedSegment(_ bytes: inout [UInt8], chain: Bool) {
        guard segmentHeader(&bytes), bytes.count >= 256 + 128 else { return }
        let footer = bytes.count - 128
        let rows = Int(bytes.number(4, at: footer + 16))
        let index = footer - rows * 56
        guard rows > 0, rows < 1_000, index >= 256 else { return bytes.put(crc: footer..<footer + 124) }
        var head = previous(bytes)
        var at = 256
        for row in 0..<rows where at + 64 <= index {
            if chain {
                bytes.put(head.digest.bytes, at: index + row * 56 + 24)
            }
            at = min(block(&bytes, at: at, chain: chain, &head), index)
        }
        if chain { bytes.put(head.digest.bytes, at: footer + 64) }
        bytes.put(Checksum.of(Array(bytes[index..<footer])), at: footer + 20)
        bytes.put(crc: footer..<footer + 124)
    }

    /// Both headers and all slots of HEADS.
    static func heads(_ bytes: inout [UInt8]) {
        for header in [0, 512] where header + 64 <= bytes.count { bytes.put(crc: header..<header + 60) }
        var slot = 1024
        while slot + 192 <= bytes.count {
            // A pair that was never written stays so.
            if bytes[slot..<slot + 192].contains(where: { $0 != 0 }) {
                var covered: [UInt8] = []
                let feed = UInt64((slot - 1024) / 1024)
                for shift in 0..<8 { covered.append(UInt8(truncatingIfNeeded: feed >> (8 * UInt64(shift)))) }
                bytes.put(Checksum.of(covered + bytes[slot..<slot + 188]), at: slot + 188)
            }
            slot += 512
        }
    }

    /// Every row of CHECKPOINTS; signatures are out of reach.
    static func checkpoints(_ bytes: inout [UInt8]) {
        var row = 0
        while row + 176 <= bytes.count {
            bytes.put(crc: row..<row + 168)
            row += 176
        }
    }

    /// The last line of a text record.
    static func text(_ bytes: inout [UInt8]) {
        guard let last = bytes.dropLast().lastIndex(of: UInt8(ascii: "\n")) else { return }
        // What is read as text is repaired first; the checksum is over what came of that.
        let body = String(decoding: bytes[...last], as: UTF8.self)
        let digits = String(Checksum.of(Array(body.utf8)), radix: 16)
        let padded = String(repeating: "0", count: 8 - digits.utf8.count) + digits
        bytes = Array((body + "checksum \(padded)\n").utf8)
    }

    /// A block on its own.
    static func block(_ bytes: inout [UInt8], chain: FeedHead?) {
        guard bytes.count >= 64 else { return }
        var head = chain ?? FeedHead(position: 0, digest: digest(Array(bytes[28..<60])))
        _ = block(&bytes, at: 0, chain: chain != nil, &head)
    }

    private static func segmentHeader(_ bytes: inout [UInt8]) -> Bool {
        guard bytes.count >= 256 else { return false }
        bytes.put(crc: 0..<252)
        return true
    }

    /// The head the segment begins after; at the beginning where it says nonsense.
    private static func previous(_ bytes: [UInt8]) -> FeedHead {
        let first = bytes.number(8, at: 88)
        return FeedHead(
            position: (1...Limits.position).contains(first) ? first - 1 : 0,
            digest: digest(Array(bytes[112..<144]))
        )
    }

    private static func digest(_ bytes: [UInt8]) -> ChainDigest {
        guard let digest = ChainDigest(bytes) else { preconditionFailure("a digest has 32 bytes") }
        return digest
    }

    /// Stored checksum and header of the block at `at`; its digest too where the chain is wanted, which needs the entries
    /// in the clear. A compressed block keeps the digest it says.
    ///
    /// - Returns: Where the block ends, inside of `bytes`.
    private static func block(_ bytes: inout [UInt8], at: Int, chain isChained: Bool, _ head: inout FeedHead) -> Int {
        let stored = at + 64
        let end = min(stored + Int(bytes.number(4, at: at + 16)), bytes.count)
        if isChained, bytes[at + 20] == 0 {
            var chain = FeedChain(continuing: head)
            var entry = stored
            while entry + 4 <= end {
                let next = entry + 4 + Int(bytes.number(4, at: entry))
                guard next <= end else { break }
                chain.append(Array(bytes[entry + 4..<next]))
                entry = next
            }
            bytes.put(chain.head.digest.bytes, at: at + 28)
            head = chain.head
        } else {
            head = FeedHead(position: head.position, digest: digest(Array(bytes[at + 28..<at + 60])))
        }
        bytes.put(Checksum.of(Array(bytes[stored..<end])), at: at + 24)
        bytes.put(crc: at..<at + 60)
        return end
    }
}

extension [UInt8] {
    /// A little-endian number of so many bytes.
    fileprivate func number(_ count: Int, at offset: Int) -> UInt64 {
        (0..<count).reduce(0) { $0 | UInt64(self[offset + $1]) << UInt64(8 * $1) }
    }

    fileprivate mutating func put(_ bytes: [UInt8], at offset: Int) {
        replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }

    mutating func put(_ number: UInt32, at offset: Int) {
        for index in 0..<4 { self[offset + index] = UInt8(truncatingIfNeeded: number >> UInt32(8 * index)) }
    }

    /// The CRC-32 of `range`, right behind it.
    fileprivate mutating func put(crc range: Range<Int>) {
        put(Checksum.of(Array(self[range])), at: range.upperBound)
    }
}
