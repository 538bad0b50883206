import LogFormat

/// Up to where entries of lane 0 count: in each feed to the heads that something names.
///
/// A head stands for a history and not for a number alone: of a feed that has forked, what lies on the history that passes
/// through the head counts, and what another history says at the same positions does not. While no history is held that
/// passes through a head, positions up to it count, for nobody can tell whose they are.
struct RosterLimit {
    /// Where a history ends.
    struct Head: Hashable {
        var position: UInt64
        /// nil: of the only history that is known.
        var digest: ChainDigest?
    }

    /// The heads named of one feed.
    private struct End {
        /// The largest position named.
        var position: UInt64 = 0
        /// Up to here the position decides also where histories are known.
        var loose: UInt64 = 0
        /// The digests of the histories that pass through the heads; nil where the feed has one history.
        var lying: Set<ChainDigest>?
    }

    private var ends: [FeedID: End] = [:]

    /// - Parameters:
    ///   - named: Of each feed the heads; of feeds that are not in it nothing counts.
    ///   - histories: What is held.
    /// - Complexity: O(heads), and the entries of each forked feed that is named, once.
    init(_ named: [FeedID: Set<Head>], _ histories: RosterHistories) {
        for (feed, heads) in named {
            var end = End()
            if histories.isForked(feed) { end.lying = [] }
            for head in heads {
                end.position = max(end.position, head.position)
                guard end.lying != nil else { continue }
                end.loose = max(
                    end.loose,
                    histories.walk(back: head, in: feed) { end.lying?.insert($0).inserted ?? false }
                )
            }
            ends[feed] = end
        }
    }

    func covers(_ entry: RosterReading) -> Bool {
        guard let end = ends[entry.feed], entry.position <= end.position else { return false }
        guard let lying = end.lying, let link = entry.link else { return true }
        return entry.position <= end.loose || lying.contains(link.after)
    }
}
