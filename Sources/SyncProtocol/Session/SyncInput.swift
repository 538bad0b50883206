package import LogFormat

/// When something happened, as the driver's machine sees it.
package struct SyncMoment: Hashable, Sendable {
    /// A count that never goes back, and may stand still while the machine sleeps; its start means nothing.
    package var steadyNanoseconds: UInt64
    /// The machine's time of day, in milliseconds since 1970 in UTC. Only ever told to the peer, never decided by.
    package var wallMilliseconds: Int64

    package init(steadyNanoseconds: UInt64, wallMilliseconds: Int64) {
        self.steadyNanoseconds = steadyNanoseconds
        self.wallMilliseconds = wallMilliseconds
    }
}

/// One feed as the local store holds it.
package struct HeldFeed: Hashable, Sendable {
    package var feed: FeedID
    /// The end of what is durable here and whose chain was checked. Receiving goes on from here.
    package var stored: FeedHead
    /// The end of what may be shown and offered: for an own feed the same as `stored`, for a replica what a checkpoint
    /// covers.
    package var attested: FeedHead
    /// About how many bytes the entries up to `stored` take in the store. Only tells people how much is left.
    package var storedBytes: UInt64

    package init(feed: FeedID, stored: FeedHead, attested: FeedHead, storedBytes: UInt64) {
        self.feed = feed
        self.stored = stored
        self.attested = attested
        self.storedBytes = storedBytes
    }
}

/// Why the store could not do what the session asked.
package enum StoreFailure: Error, Hashable, Sendable {
    /// The feed has another history at the position named, and it is attested: two branches exist.
    case diverged
    /// What the peer sent is not what it claims: a broken chain, a broken block, a wrong signature.
    case invalid
    /// The store can not take or give anything now: disk full, I/O error, damaged feed.
    case unavailable
    /// The feed's owner signed another history than what was stored and not attested. That rest is gone, and the feed
    /// stands as told here.
    case contradicted(HeldFeed)
    /// What this peer says of the feed is not taken before this moment of the steady clock: it was not to be believed, or the
    /// feed's site has as many feeds as one may have.
    case doubted(untilNanoseconds: UInt64)
    /// More feeds than a peer may bring without a checkpoint.
    case tooManyFeeds
}

/// Numbers a question to the store; the answer carries the same number. Never used twice in a session.
package struct StoreRequestID: Hashable, Sendable, Comparable {
    package let number: UInt64

    package init(number: UInt64) { self.number = number }

    package static func < (left: StoreRequestID, right: StoreRequestID) -> Bool { left.number < right.number }
}

/// What a driver tells a ``SyncSession``.
package enum SyncInput: Sendable {
    /// The transport is up and both keys are proven. Comes once, first, with every feed of the store.
    case started(held: HeldFeeds)
    /// Bytes from the peer, in order, in pieces of any size.
    case received([UInt8])
    /// Time has passed. Send one about every second while ``SyncSession/dependsOnTime``.
    case tick
    /// The transport's buffer is below its low mark again. Answer every ``SyncAction/send(_:)`` with one, as soon as
    /// that is true (it may be at once); the session sends nothing between.
    case writable
    /// The transport takes more, and nothing is to wait in front of the line but what is urgent. Counts until the next
    /// ``writable``, for one piece.
    case overtaking
    /// Feeds of the store stand elsewhere than last said; others need not be named. Of what is the same as before, and
    /// shared with what was given then, nothing has to be looked at.
    case heldChanged(HeldFeeds)
    /// Answers ``SyncAction/readBlocks(feed:after:limitBytes:id:)``. Empty: nothing is beyond the head asked about.
    case blocksRead(StoreRequestID, Result<[Block], StoreFailure>)
    /// Answers ``SyncAction/readCheckpoint(feed:through:id:)``.
    case checkpointRead(StoreRequestID, Result<Checkpoint?, StoreFailure>)
    /// Answers ``SyncAction/store(blocks:feed:key:after:isCovered:id:)``, after the blocks are durable;
    /// ``SyncAction/attest(_:key:id:)``; ``SyncAction/attestCutOff(feed:cutOff:id:)``; and
    /// ``SyncAction/discardTail(feed:isProven:id:)``. Carries how the feed stands now, also when the blocks were not taken
    /// because the feed does not end where they begin.
    case stored(StoreRequestID, Result<HeldFeed, StoreFailure>)
    /// What was stored of a feed and not attested was given up, for another session of this store: it stands here now.
    case rewound(HeldFeed)
    /// A damaged replica was given up to where it is whole, attested entries too: it stands here now, at position 0 when
    /// nothing is left, and the rest has to come again.
    case fellBack(HeldFeed)
    /// Ask for entries again that this store lost, or for more of them; answered by ``SyncAction/fetched(number:blocks:)``
    /// with at most 1 MiB and a frame each time. One order at a time: another ends the one before.
    case fetch(FetchOrder)
    /// What was fetched is enough.
    case endFetch
    /// Answers ``SyncAction/requestKeyPackets(site:after:)``, or comes by itself when there are new ones for the peer. The
    /// mark stands for all keys up to the last of these; it is told to the peer with that one.
    case keyPackets([[UInt8]], mark: [UInt8])
    /// What there is to tell the peer of other sites, instead of what was given before and did not go out yet.
    case reports([SiteReport])
    /// The roster was folded again, from so much of lane 0.
    case rosterChanged(Roster, RosterExtent)
    /// The local user or the service wants to end it: a last word is sent.
    case finish(CloseReason, retryAfterSeconds: UInt32?)
    /// The transport is gone. What had arrived still goes into the store; then the session ends with
    /// ``SyncAction/close(_:retryAfterSeconds:)``.
    case disconnected
}
