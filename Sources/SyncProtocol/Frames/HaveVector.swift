import Crypto
package import LogFormat

/// The first 16 bytes of a chain digest: enough to tell equal histories from different ones.
package struct ShortDigest: Hashable, Sendable {
    package let bytes: [UInt8]

    package static let lengthBytes = 16

    package init(_ digest: ChainDigest) { bytes = Array(digest.bytes.prefix(Self.lengthBytes)) }

    /// - Returns: nil unless `bytes` are exactly 16.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.lengthBytes else { return nil }
        self.bytes = Array(bytes)
    }
}

/// Where a site says one of its feeds stands.
package struct HaveRow: Hashable, Sendable {
    package var position: UInt64
    package var digest: ShortDigest
    /// About how many bytes the feed takes up to there.
    package var bytes: UInt64

    package init(position: UInt64, digest: ShortDigest, bytes: UInt64) {
        self.position = position
        self.digest = digest
        self.bytes = bytes
    }
}

/// Everything one end of a session said it holds, of what the other reads.
package struct HaveVector: Hashable, Sendable {
    package private(set) var rows: [FeedID: HaveRow] = [:]

    package init() {}

    package subscript(feed: FeedID) -> HaveRow? {
        get { rows[feed] }
        set { rows[feed] = newValue }
    }

    /// Most rows said in one frame: a row takes at most 64 bytes.
    private static let rowsInFrame = 800

    /// Says rows that are new or have changed, in as many messages as that takes; they are in the vector afterwards.
    ///
    /// - Parameters:
    ///   - rows: Ascending by feed.
    ///   - base: Digest of the vector they change; nil to begin from an empty one.
    /// - Returns: At least one message.
    mutating func saying(_ rows: [SyncMessage.Have.Row], from base: [UInt8]?) -> [SyncMessage] {
        var messages: [SyncMessage] = []
        var base = base
        var rest = rows[...]
        repeat {
            let part = rest.prefix(Self.rowsInFrame)
            rest = rest.dropFirst(part.count)
            for row in part { self[row.feed] = row.row }
            let result = digest
            messages.append(
                .have(
                    .init(
                        base: base,
                        rows: Array(part),
                        result: result,
                        isContinued: !rest.isEmpty,
                        asksForFull: false
                    )
                )
            )
            base = result
        } while !rest.isEmpty
        return messages
    }

    /// Ascending by feed: what may reach bytes is never iterated in another order.
    package var sorted: [(feed: FeedID, row: HaveRow)] {
        rows.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// The first 16 bytes of SHA-256("abscope have 1" || for every row, ascending: site, epoch, lane, position and bytes
    /// (8 each, least significant first), digest).
    package var digest: [UInt8] {
        var hasher = SHA256()
        hasher.update(data: Array("abscope have 1".utf8))
        for (feed, row) in sorted {
            var bytes = feed.site.bytes + feed.epoch.bytes
            bytes.append(feed.lane.rawValue)
            for number in [row.position, row.bytes] {
                for shift in stride(from: UInt64(0), to: 64, by: 8) {
                    bytes.append(UInt8(truncatingIfNeeded: number >> shift))
                }
            }
            hasher.update(data: bytes + row.digest.bytes)
        }
        return Array(Array(hasher.finalize()).prefix(16))
    }
}
