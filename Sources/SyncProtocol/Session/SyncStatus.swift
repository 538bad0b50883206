package import LogFormat

/// What is left to move in one direction.
package struct SyncRemainder: Hashable, Sendable {
    /// Exact.
    package var entries: UInt64 = 0
    /// From the sizes both stores state; the two may have compressed differently.
    package var bytes: UInt64 = 0

    package init() {}

    /// Adds what one feed lacks. What a peer claims may be any number: sums stop at the largest.
    package mutating func add(entries: UInt64, bytes: UInt64) {
        func sum(_ one: UInt64, _ other: UInt64) -> UInt64 {
            let (sum, isTooLarge) = one.addingReportingOverflow(other)
            return isTooLarge ? .max : sum
        }
        self.entries = sum(self.entries, entries)
        self.bytes = sum(self.bytes, bytes)
    }

    /// About how many bytes one end of a feed has and the other lacks.
    ///
    /// The difference, unless the end that is behind takes as many bytes all the same, because the other compressed what
    /// both have: then what is missing is counted as large as the rest. Never 0 for entries that take room.
    static func missing(bytes: UInt64, to position: UInt64, less other: UInt64, at start: UInt64) -> UInt64 {
        guard bytes <= other, position > start else { return bytes - min(bytes, other) }
        let (high, low) = (position - start).multipliedFullWidth(by: bytes)
        return max(position.dividingFullWidth((high, low)).quotient, min(bytes, 1))
    }

    /// True when nothing is left.
    package var isEmpty: Bool { entries == 0 }
}

/// How the two stores of a session stand to each other, as far as this side was told.
package struct SyncStatus: Hashable, Sendable {
    /// The words people see; they mean exactly what is said here.
    package enum Word: String, Hashable, Sendable {
        /// The peer has not yet said what it holds.
        case connecting
        /// Not admitted yet: it may only send the roster.
        case stranger
        /// The durable, attested frontiers over what both read are equal.
        case inSync = "in sync"
        /// Something is left in one or both directions.
        case sending
        /// Nothing is left but feeds of which each side holds another history, or of which nothing proves what it holds.
        /// Entries of other histories go on by themselves, as such.
        case differing = "differs"
        /// The session ended while something was left, or before that was known.
        case cutOff = "cut off"
        /// The session ended with nothing left.
        case ended

        /// Whether both sides have said what they hold, and the session is up.
        package var isLive: Bool { self == .sending || isSettled }

        /// Whether nothing is left to send or to receive.
        package var isSettled: Bool { self == .inSync || self == .differing }
    }

    package var word: Word = .connecting
    /// What this side holds and the peer does not.
    package var toSend = SyncRemainder()
    /// Of these, urgent ones and of the roster; nil before it is known what the peer lacks.
    package var urgentEntriesToSend: UInt64?
    /// What the peer holds and this side does not.
    package var toReceive = SyncRemainder()
    /// The peer's time of day minus ours when its HELLO arrived; includes its time on the way.
    package var clockOffsetMilliseconds: Int64?
    /// The program the peer says it runs, at most 64 Unicode scalars.
    package var peerProgram: String?
    /// Measured rate towards the peer, bytes a second; nil before a measurement.
    package var sendBytesPerSecond: UInt64?
    /// What the peer said it holds of this store's own feeds, in the order it said so; at most ``Limits/reportFeeds``.
    package private(set) var ownHeads: [OwnHead] = []

    package init() {}

    /// Takes note of what a site holds of an own feed. Of more feeds than are kept the last that changed stay.
    package mutating func note(_ head: OwnHead) {
        ownHeads.removeAll { $0.epoch == head.epoch && $0.lane == head.lane }
        if ownHeads.count == Limits.reportFeeds { ownHeads.removeFirst() }
        ownHeads.append(head)
    }

    /// What a site holds that is no member does not count.
    package mutating func forgetOwnHeads() { ownHeads = [] }

    /// How far a feed of this store is known to be there; 0 for nothing.
    package func position(ofOwn epoch: EpochID, _ lane: Lane) -> UInt64 {
        ownHeads.first { $0.epoch == epoch && $0.lane == lane }?.position ?? 0
    }
}
