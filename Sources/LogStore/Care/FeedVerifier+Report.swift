package import LogFormat
import StoreIO

extension FeedVerifier {
    /// What a feed turned out to be.
    package struct Report: Hashable, Sendable {
        package var feed: FeedID
        /// Entries proven by the chain.
        package var provenEntries: UInt64 = 0
        /// The end of the unbroken chain from the feed's beginning: what can be trusted without any repair.
        package var provenHead: FeedHead?
        /// The furthest head that the feed's site stated, where what is stored does not reach it any more.
        package var statedHead: FeedHead?
        /// Stored positions that are not shown before the feed's site states them; nil when there are none. That is no
        /// damage: what was pulled waits for its statement.
        package var waitingPositions: ClosedRange<UInt64>?
        /// The end of whole entries behind the published head, which nobody can have begun to write if that head is true.
        var unpublished: Unpublished?
        /// Whether HEADS was found to be older than the segments.
        var isHeadsOld = false
        package var segments = 0
        package var bytesRead: UInt64 = 0
        package var findings: [Finding] = []
        /// Segments that are whole by themselves, in order.
        var wholeSegments: [WholeSegment] = []
        /// First positions of the segments that are not.
        var damagedSegments: [UInt64] = []

        /// What lies behind the published head.
        struct Unpublished: Hashable, Sendable {
            var head: FeedHead
            /// In a segment that begins there, and not only in the one that the head names.
            var hasSegment: Bool
        }

        /// A segment whose blocks follow from its header, as far as they go.
        struct WholeSegment: Hashable, Sendable {
            var name: SegmentName
            var header: SegmentHeader
            /// The head after its last entry.
            var head: FeedHead
            /// Where its last block ends, or ended, in the raw file.
            var rawEndOffsetBytes: UInt64
        }

        init(feed: FeedID) {
            self.feed = feed
        }

        /// Whether acknowledged entries are damaged or missing.
        package var isDamaged: Bool { findings.contains { $0.weight == .damage } }

        /// Acknowledged positions that can not be read, in order.
        package var lostPositions: [ClosedRange<UInt64>] {
            findings.filter { $0.weight == .damage }.compactMap(\.location.positions)
                .sorted { $0.lowerBound < $1.lowerBound }
        }
    }
}
