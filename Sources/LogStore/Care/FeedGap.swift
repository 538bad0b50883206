import LogFormat
import StoreIO

/// A stretch of a feed that can not be read, between two heads that are known.
struct FeedGap: Hashable, Sendable {
    /// The head before the first entry that is missing.
    var before: FeedHead
    /// The head after the last one. The chain binds everything between to it.
    var end: FeedHead
    /// The segment before the gap; nil when it begins the feed.
    var predecessor: SegmentHeader.Predecessor?
    /// Where segments begin in it, ascending; the first is that after ``before``.
    var cuts: [UInt64]
    /// Where the last segment of the gap ends in its raw file, as the one behind it or HEADS says; nil when nobody does.
    var rawEndOffsetBytes: UInt64?
    /// Whether nothing lies behind it.
    var isTail: Bool

    var positions: ClosedRange<UInt64> { before.position + 1...end.position }

    /// Finds what is missing.
    ///
    /// - Parameters:
    ///   - report: What verifying the feed found.
    ///   - slot: Its published head.
    ///   - start: The head of the feed without entries.
    ///   - acknowledged: An end that was acknowledged before recovery found less.
    /// - Returns: Gaps in order; empty when every acknowledged entry is there.
    /// - Throws: `.corrupted` when two whole segments contradict each other, which no fetching mends.
    static func find(
        in report: FeedVerifier.Report,
        slot: HeadsSlot,
        start: FeedHead,
        acknowledged: FeedHead?
    ) throws(StorageError) -> [FeedGap] {
        var gaps: [FeedGap] = []
        var reached = start
        var predecessor: SegmentHeader.Predecessor?
        func begins(in gap: ClosedRange<UInt64>, _ named: UInt64?) -> [UInt64] {
            let inside = (report.damagedSegments + [named].compactMap(\.self)).filter { gap.contains($0) }
            return Set([gap.lowerBound] + inside).sorted()
        }
        for segment in report.wholeSegments {
            let before = segment.header.previous
            guard before.position >= reached.position, before.position > reached.position || before == reached else {
                throw StorageError(
                    .corrupted,
                    "Two segments of feed \(report.feed) contradict each other at position \(before.position).",
                    at: .init(path: report.feed.description, positions: before.position...reached.position)
                )
            }
            if before.position > reached.position {
                let cuts = begins(in: reached.position + 1...before.position, segment.header.predecessor?.firstPosition)
                let named = segment.header.predecessor
                gaps.append(
                    FeedGap(
                        before: reached,
                        end: before,
                        predecessor: predecessor,
                        cuts: cuts,
                        rawEndOffsetBytes: named?.firstPosition == cuts.last ? named?.endOffsetBytes : nil,
                        isTail: false
                    )
                )
            }
            reached = segment.head
            // One without entries is set aside when it is in the way, and follows on nothing.
            guard segment.head.position >= segment.name.firstPosition else { continue }
            predecessor = .init(firstPosition: segment.name.firstPosition, endOffsetBytes: segment.rawEndOffsetBytes)
        }
        var goal = slot.stored
        if let acknowledged, acknowledged.position > goal.position { goal = acknowledged }
        if goal.position > reached.position {
            let cuts = begins(in: reached.position + 1...goal.position, slot.segment)
            let isNamed = cuts.last == slot.segment && slot.durableBytes > UInt64(SegmentHeader.lengthBytes)
            gaps.append(
                FeedGap(
                    before: reached,
                    end: goal,
                    predecessor: predecessor,
                    cuts: cuts,
                    rawEndOffsetBytes: isNamed ? slot.durableBytes : nil,
                    isTail: true
                )
            )
        }
        return gaps
    }
}
