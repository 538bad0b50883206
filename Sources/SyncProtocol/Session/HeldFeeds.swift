package import LogFormat

/// Feeds as a store holds them at one moment. Sessions share it.
package struct HeldFeeds: Hashable, Sendable {
    package private(set) var feeds = FeedMap<HeldFeed>()
    /// The attested end of each: what a site that reads everything is told.
    package private(set) var vector = HaveVector()

    package init() {}

    /// Of two statements about a feed the later counts.
    package init(_ feeds: some Sequence<HeldFeed>) { for held in feeds { self[held.feed] = held } }

    package var count: Int { feeds.count }

    package var isEmpty: Bool { feeds.isEmpty }

    package subscript(feed: FeedID) -> HeldFeed? {
        get { feeds[feed] }
        set {
            guard newValue != feeds[feed] else { return }
            feeds[feed] = newValue
            vector[feed] = newValue.flatMap { HaveRow($0) }
            if let newValue { vector.note(newValue.attested, of: feed) }
        }
    }

    /// What another statement says otherwise, ascending. Feeds it does not speak of are left out.
    package func changes(in later: HeldFeeds) -> [HeldFeed] {
        var changed: [HeldFeed] = []
        feeds.forEachDifference(from: later.feeds) { _, _, now in if let now { changed.append(now) } }
        return changed
    }

    /// Takes over what another statement says likewise, so that it needs no room of its own.
    mutating func share(_ other: HeldFeeds) {
        if feeds == other.feeds { return self = other }
        feeds.share(other.feeds)
        vector.share(other.vector)
    }
}

extension HeldFeeds: Sequence {
    /// Ascending by feed.
    package struct Iterator: IteratorProtocol {
        private var feeds: FeedMap<HeldFeed>.Iterator

        fileprivate init(_ held: HeldFeeds) { feeds = held.feeds.makeIterator() }

        package mutating func next() -> HeldFeed? { feeds.next()?.value }
    }

    package func makeIterator() -> Iterator { Iterator(self) }

    package var underestimatedCount: Int { count }
}

extension HeldFeeds: ExpressibleByArrayLiteral {
    package init(arrayLiteral feeds: HeldFeed...) { self.init(feeds) }
}
