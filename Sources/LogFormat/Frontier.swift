/// What a store holds: every feed with an entry, and where it stands. Equal digests mean equal holdings.
package struct Frontier: Hashable, Sendable {
    /// One feed and where it stands.
    package struct Row: Hashable, Sendable {
        package var feed: FeedID
        package var head: FeedHead

        package init(feed: FeedID, head: FeedHead) {
            self.feed = feed
            self.head = head
        }
    }

    /// Sorted by feed, each feed once, positions from 1.
    package let rows: [Row]
    /// The first 16 bytes of SHA-256("abscope frontier 1" || for every row: site, epoch, lane, position (8), digest).
    package let digest: FrontierDigest

    /// - Parameter rows: In any order, each feed at most once. Feeds without entries are left out, for a feed exists from
    ///   its first entry on.
    /// - Precondition: No feed occurs twice.
    /// - Complexity: O(n log n).
    package init(_ rows: [Row]) {
        let rows = rows.filter { $0.head.position > 0 }.sorted { $0.feed < $1.feed }
        precondition(zip(rows, rows.dropFirst()).allSatisfy { $0.feed != $1.feed }, "a feed occurs once in a frontier")
        self.rows = rows
        var bytes = Array("abscope frontier 1".utf8)
        bytes.reserveCapacity(bytes.count + rows.count * 65)
        for row in rows {
            bytes.append(row.feed)
            bytes.append(littleEndian: row.head.position)
            bytes.append(row.head.digest)
        }
        digest = FrontierDigest(ChainDigest(hashing: unsafe bytes.span.bytes))
    }

    /// The feeds of one site, ascending.
    ///
    /// - Complexity: O(log n) in the feeds of all, O(m) in those of the site.
    package func rows(of site: SiteID) -> ArraySlice<Row> {
        rows[rows.partitioningIndex { $0.feed.site >= site }...].prefix { $0.feed.site == site }
    }

    /// Where a feed stands; nil when nothing of it is held.
    ///
    /// - Complexity: O(log n).
    package subscript(feed: FeedID) -> FeedHead? {
        let index = rows.partitioningIndex { $0.feed >= feed }
        return index < rows.count && rows[index].feed == feed ? rows[index].head : nil
    }
}

/// 16 bytes that stand for a whole ``Frontier``.
package struct FrontierDigest: Hashable, Sendable, CustomStringConvertible {
    private let high, low: UInt64

    package static let lengthBytes = 16

    init(_ digest: ChainDigest) {
        (high, low) = digest.words
    }

    /// - Returns: nil unless `bytes` are exactly 16.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.lengthBytes else { return nil }
        high = UInt64(bigEndianBytes: bytes.prefix(8))
        low = UInt64(bigEndianBytes: bytes.dropFirst(8))
    }

    package var bytes: [UInt8] { high.bigEndianBytes + low.bigEndianBytes }

    /// 32 hexadecimal digits.
    package var description: String { bytes.hexadecimal }
}
