import LogFormat

/// The histories of those feeds of lane 0 of which more than one is held, read from a set of entries.
struct RosterHistories {
    /// How a history comes to a digest.
    private struct Step {
        var position: UInt64
        var before: ChainDigest
    }

    /// Of forked feeds, by the digest after an entry.
    private var steps: [FeedID: [ChainDigest: Step]] = [:]

    /// - Complexity: O(entries).
    init(_ entries: Set<RosterEntry>) {
        struct Place: Hashable {
            var feed: FeedID
            var position: UInt64
        }
        var known: [Place: ChainDigest] = [:]
        for entry in entries {
            guard let link = entry.link, entry.position > 0 else { continue }
            for (position, digest) in [(entry.position - 1, link.before), (entry.position, link.after)] {
                let first = known[Place(feed: entry.feed, position: position), default: digest]
                known[Place(feed: entry.feed, position: position)] = first
                if first != digest { steps[entry.feed] = [:] }
            }
        }
        for entry in entries where steps[entry.feed] != nil {
            guard let link = entry.link else { continue }
            steps[entry.feed]?[link.after] = Step(position: entry.position, before: link.before)
        }
    }

    func isForked(_ feed: FeedID) -> Bool { steps[feed] != nil }

    /// Goes from a head to the beginning of its history, as far back as that is held.
    ///
    /// - Parameters:
    ///   - head: Where.
    ///   - feed: Of which feed.
    ///   - take: Called with each digest; false when all before it is known.
    /// - Returns: Up to which position nothing is known of the history: the head's when it is not held.
    func walk(back head: RosterLimit.Head, in feed: FeedID, _ take: (ChainDigest) -> Bool) -> UInt64 {
        guard var digest = head.digest, let steps = steps[feed], steps[digest]?.position == head.position else {
            return head.position
        }
        var known = head.position
        while let step = steps[digest] {
            guard take(digest) else { return 0 }
            digest = step.before
            // The digest before the first one held is known, too: what has another one there lies elsewhere.
            known = step.position - 1
        }
        return known > 0 ? known - 1 : 0
    }
}
