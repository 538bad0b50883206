package import LogFormat

/// What a store has promised to those who used it: what the oracles hold it to.
package struct LogPromises: Hashable, Sendable {
    /// A commit whose answer nobody has seen: it may be there or not.
    package struct Commit: Hashable, Sendable {
        package var number: Int
        package var lane: Lane
        package var entries: [[UInt8]]
    }

    /// Own entries that were acknowledged, or seen by a reader.
    package private(set) var own: [EntryReference: [UInt8]] = [:]
    /// The position at which the commit of an acknowledged entry began.
    package private(set) var commitStart: [FeedID: [UInt64: UInt64]] = [:]
    package private(set) var inFlight: [Commit] = []
    private var begun = 0

    /// Of the peer's feed: stored and attested at least and at most so far.
    package var stored: ClosedRange<UInt64> = 0...0
    package var attested: ClosedRange<UInt64> = 0...0

    package init() {}

    /// How many entries somebody relies on.
    package var count: Int { own.count + Int(attested.lowerBound) }

    /// The last acknowledged position of an own feed.
    package func last(of feed: FeedID) -> UInt64 { commitStart[feed]?.keys.max() ?? 0 }

    /// Somebody is about to append.
    ///
    /// - Returns: The number by which the answer is noted.
    package mutating func begin(_ entries: [[UInt8]], to lane: Lane) -> Int {
        begun += 1
        inFlight.append(Commit(number: begun, lane: lane, entries: entries))
        return begun
    }

    /// The append was refused before anything could be written.
    package mutating func takeBack(_ number: Int) { inFlight.removeAll { $0.number == number } }

    /// The append was answered. Its entries may have been seen before.
    package mutating func acknowledge(_ number: Int, _ references: [EntryReference]) {
        guard let index = inFlight.firstIndex(where: { $0.number == number }) else { return }
        see(references, commit: index)
    }

    /// A commit in flight was seen by a reader: from then on it has to stay.
    package mutating func see(_ references: [EntryReference], commit index: Int) {
        let commit = inFlight.remove(at: index)
        note(Array(zip(references, commit.entries)))
    }

    private mutating func note(_ entries: [(EntryReference, [UInt8])]) {
        guard let start = entries.first?.0.position else { return }
        for (reference, bytes) in entries {
            own[reference] = bytes
            commitStart[reference.feed, default: [:]][reference.position] = start
        }
    }
}
