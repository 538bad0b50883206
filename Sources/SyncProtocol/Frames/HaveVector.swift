import Crypto
package import LogFormat

/// Everything one end of a session said it holds, of what the other reads.
///
/// Of rows that this store knows too the whole digest is kept: something can be sent from there. Copies share what they
/// have in common, and the digest is carried along with each change of a row.
package struct HaveVector: Sendable {
    private var known = FeedMap<Known>()
    private var sum: UInt128 = 0

    /// A row as it is kept.
    struct Known: Hashable, Sendable {
        var row: HaveRow
        /// The other 16 bytes of the digest, where they are known.
        var rest: ShortDigest?

        var head: FeedHead? {
            rest.map {
                FeedHead(
                    position: row.position,
                    digest: ChainDigest(row.digest.high, row.digest.low, $0.high, $0.low)
                )
            }
        }
    }

    package init() {}

    /// How many rows there are.
    package var count: Int { known.count }

    package subscript(feed: FeedID) -> HaveRow? {
        get { known[feed]?.row }
        set {
            let former = known[feed]
            if let former, let newValue, former.row.isSameEnd(as: newValue) {
                if former.row != newValue { known[feed]?.row = newValue }
                return
            }
            if let former { sum &-= Self.weight(of: feed, former.row) }
            if let newValue { sum &+= Self.weight(of: feed, newValue) }
            known[feed] = newValue.map { Known(row: $0, rest: nil) }
        }
    }

    /// The row of a feed as a head that can be continued; nil where only the beginning of its digest is known.
    package func head(of feed: FeedID) -> FeedHead? { known[feed]?.head }

    /// Takes note of a head whose row is said: it is that one. Another is passed over.
    package mutating func note(_ head: FeedHead, of feed: FeedID) {
        guard let former = known[feed], former.rest == nil, former.row.position == head.position,
            former.row.digest == ShortDigest(head.digest)
        else { return }
        let words = head.digest.allWords
        known[feed]?.rest = ShortDigest(high: words.2, low: words.3)
    }

    /// Nothing is to be sent from where the row says.
    package mutating func forgetHead(of feed: FeedID) {
        if known[feed]?.rest != nil { known[feed]?.rest = nil }
    }

    /// Rows whose whole digest is known, ascending.
    package var heads: [Frontier.Row] {
        known.compactMap { entry in entry.value.head.map { .init(feed: entry.feed, head: $0) } }
    }

    /// The rows of one site's feeds, ascending.
    package func feeds(of site: SiteID) -> [FeedID] { known.entries(of: site).map(\.feed) }

    /// The most feeds any site has here, of those that `rows` speak of.
    func feedsOfOneSite(among rows: [SyncMessage.Have.Row]) -> Int {
        var (most, last) = (0, SiteID?.none)
        for site in rows.lazy.map(\.feed.site) where site != last {
            most = Swift.max(most, known.entries(of: site).count)
            last = site
        }
        return most
    }

    /// Goes through all feeds that are held or said, ascending.
    func forEachPair(with held: HeldFeeds, _ body: (_ feed: FeedID, _ held: HeldFeed?, _ said: HaveRow?) -> Void) {
        held.feeds.forEachPair(with: known) { body($0, $1, $2?.row) }
    }

    /// Goes through the feeds of which this and another vector say something else, ascending.
    package func forEachDifference(from other: HaveVector, _ body: (FeedID, HaveRow?, HaveRow?) -> Void) {
        known.forEachDifference(from: other.known) { feed, here, there in
            switch (here?.row, there?.row) {
            case (let one?, let two?) where one.isSameEnd(as: two): break
            case (let one, let two): body(feed, one, two)
            }
        }
    }

    /// Takes over from another vector what says the same in both, so that it needs no room of its own.
    mutating func share(_ other: HaveVector) { known.share(other.known) { $0.row.isSameEnd(as: $1.row) } }

    // MARK: - Its parts

    /// Rows of sites whose id begins with one byte.
    typealias Part = [FeedMap<Known>.Entry]

    /// Puts a vector together.
    ///
    /// - Parameters:
    ///   - parts: All of them, each ascending and with what belongs there.
    ///   - weights: Of each, as ``weight(of:)`` gives it.
    init(parts: [Part], weights: [UInt128]) {
        known = FeedMap(parts: parts)
        sum = weights.reduce(0, &+)
    }

    func part(_ number: Int) -> Part { known.part(number) }

    /// What a part adds to the digest.
    static func weight(of part: Part) -> UInt128 { part.reduce(0) { $0 &+ weight(of: $1.feed, $1.value.row) } }

    // MARK: - Saying it

    /// Most rows said in one frame: a row takes at most 70 bytes.
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

    /// The sum over all rows, modulo 2^128, of the first 16 bytes, least significant first, of SHA-256("abscope row 1" ||
    /// site, epoch, lane, position (8 bytes, least significant first), digest); 16 bytes, least significant first.
    ///
    /// A sum, so that it follows a change of one row. It tells two honest ends that they mean the same vector, and nothing
    /// else: who chooses many rows can make two vectors with one digest, and could as well say either of them.
    package var digest: [UInt8] { sum.littleEndianBytes }

    private static let label = Array("abscope row 1".utf8)

    private static func weight(of feed: FeedID, _ row: HaveRow) -> UInt128 {
        var bytes = label
        bytes.reserveCapacity(label.count + 49)
        let site = feed.site.words
        bytes.append(bigEndian: site.0)
        bytes.append(bigEndian: site.1)
        bytes.append(bigEndian: feed.epoch.word)
        bytes.append(feed.lane.rawValue)
        bytes.append(littleEndian: row.position)
        bytes.append(bigEndian: row.digest.high)
        bytes.append(bigEndian: row.digest.low)
        var weight: UInt128 = 0
        for (index, byte) in SHA256.hash(data: bytes).enumerated() where index < 16 {
            weight |= UInt128(byte) << (8 * UInt128(index))
        }
        return weight
    }
}

extension HaveVector: Sequence {
    /// Ascending by feed: what may reach bytes is never iterated in another order.
    package struct Iterator: IteratorProtocol {
        private var known: FeedMap<Known>.Iterator

        fileprivate init(_ vector: HaveVector) { known = vector.known.makeIterator() }

        package mutating func next() -> (feed: FeedID, row: HaveRow)? { known.next().map { ($0.feed, $0.value.row) } }
    }

    package func makeIterator() -> Iterator { Iterator(self) }

    package var underestimatedCount: Int { count }
}

extension HaveVector: Hashable {
    package static func == (left: HaveVector, right: HaveVector) -> Bool {
        left.sum == right.sum && left.known == right.known
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(sum) }
}
