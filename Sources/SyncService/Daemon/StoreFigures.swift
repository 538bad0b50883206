import LogFormat
import LogStore

/// How a whole store stands: its own feeds and the replicas, all branches.
package struct StoreFigures: Hashable, Sendable {
    /// What the files of all segments hold.
    package struct Room: Hashable, Sendable {
        /// Bytes of the files.
        package var storedBytes: UInt64 = 0
        /// The same entries before compression, as ``FeedStatistics/rawBytes`` counts them.
        package var rawBytes: UInt64 = 0
        package var rawSegments = 0
        package var sealedSegments = 0

        package init() {}
    }

    package var feeds = 0
    /// Feeds with acknowledged entries that are damaged or missing.
    package var damagedFeeds = 0
    /// Entries that may be shown.
    package var entries: UInt64 = 0
    /// Entries of other sites that arrived and that their site has not vouched for yet.
    package var unattestedEntries: UInt64 = 0
    /// Entries recorded here that are not known to be anywhere else.
    package var onlyHereEntries: UInt64 = 0
    /// For how many seconds the oldest of these has been there, by this site's clock; nil where there is none of which that
    /// can be read.
    package var onlyHereSeconds: UInt64?
    /// What happened to the store and was not closed.
    package var incidents = 0
    /// nil when a segment can not be read.
    package var room: Room?
    /// Entries that the read model lacked when it last followed.
    package var viewMissingEntries: UInt64 = 0
    /// For how long the read model has lacked something, in seconds; 0 when it lacks nothing.
    package var viewBehindSeconds: UInt64 = 0

    package init() {}

    /// Counts what a log publishes of its feeds.
    init(_ feeds: [FeedSummary]) {
        self.feeds = feeds.count
        for feed in feeds {
            if feed.isDamaged { damagedFeeds += 1 }
            // Later branches of a forked feed are kept, and shown by nobody.
            guard feed.branch == 0 else { continue }
            entries += feed.attested.position
            unattestedEntries += feed.stored.position - min(feed.attested.position, feed.stored.position)
        }
    }
}

extension StoreFigures.Room {
    init(_ feeds: [FeedStatistics]) {
        for feed in feeds {
            storedBytes += feed.storedBytes
            rawBytes += feed.rawBytes
            rawSegments += feed.rawSegments
            sealedSegments += feed.sealedSegments
        }
    }
}
