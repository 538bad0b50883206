import LogFormat
import StoreIO

/// A walk through the blocks of one segment that computes the chain, and how far it came.
///
/// A segment's header says where its chain begins, so segments can be walked in any order and several at once. That one
/// begins where the one before ends is compared afterwards.
struct SegmentWalk: Sendable {
    /// Where a segment's blocks end.
    struct End: Sendable {
        /// Ignored for a sealed segment.
        var offsetBytes: UInt64
        /// False when the blocks themselves must say it: they are followed as long as they are good.
        var isKnown: Bool
        /// The first position of the next segment: what lies behind was given up when this one was closed.
        var successor: UInt64?
    }

    /// What the chain gives where somebody signed a digest.
    struct Witness: Sendable {
        var head: FeedHead
        /// The head after the block it lies in.
        var block: FeedHead
    }

    /// The head after the last proven entry that counts.
    private(set) var reached: FeedHead
    /// Where the last proven block ends.
    private(set) var offsetBytes = UInt64(SegmentHeader.lengthBytes)
    private(set) var bytesRead: UInt64 = 0
    private(set) var witnesses: [Witness] = []
    /// Why the walk ended before the segment did.
    private(set) var failure: StorageError?

    /// - Parameters:
    ///   - segment: The segment.
    ///   - end: Where it ends.
    ///   - stated: Positions somebody signed a digest of, in order.
    ///   - progress: Called with the bytes read since the last call.
    init(
        of segment: SegmentReader,
        end: End,
        stated: [UInt64],
        progress: (UInt64) -> Void = { _ in }
    ) {
        reached = segment.header.previous
        do throws(StorageError) {
            try run(segment, end, stated.drop { [reached] in $0 <= reached.position }, progress)
        } catch {
            failure = error
        }
    }

    private mutating func run(
        _ segment: SegmentReader,
        _ end: End,
        _ stated: ArraySlice<UInt64>,
        _ progress: (UInt64) -> Void
    ) throws(StorageError) {
        var stated = stated
        var inflater = Inflater()
        var window = SegmentReader.ReadWindow()
        var number = 0
        while true {
            let row: SegmentReader.Row
            do throws(StorageError) {
                guard let found = try segment.row(number: number, endOffsetBytes: end.offsetBytes) else { break }
                row = found
            } catch {
                if !end.isKnown, error.code == .corrupted { break }
                throw error
            }
            number += 1
            guard row.previous == reached else {
                throw FeedDirectory.damage(.chain, path: segment.path, offsetBytes: row.offsetBytes)
            }
            let block = try segment.block(at: row, through: &window)
            let last = min(block.header.lastPosition, end.successor.map { $0 - 1 } ?? block.header.lastPosition)
            try prove(block, through: last, in: segment, at: row, &stated, using: &inflater)
            bytesRead += UInt64(row.lengthBytes)
            progress(UInt64(row.lengthBytes))
            offsetBytes = row.offsetBytes + UInt64(row.lengthBytes)
            if last < block.header.lastPosition || last + 1 == end.successor { return }
        }
        if let footer = segment.footer, footer.head != reached {
            throw FeedDirectory.damage(.chain, path: segment.path)
        }
    }

    private mutating func prove(
        _ block: Block,
        through last: UInt64,
        in segment: SegmentReader,
        at row: SegmentReader.Row,
        _ stated: inout ArraySlice<UInt64>,
        using inflater: inout Inflater
    ) throws(StorageError) {
        var head = reached
        var seen: [FeedHead] = []
        let before = reached
        var next = stated
        _ = try FeedDirectory.decoding(
            segment.path,
            at: row.offsetBytes,
            positions: block.header.firstPosition...block.header.lastPosition
        ) { () throws(FormatError) in
            try block.forEachEntry(after: before, using: &inflater) { position, digest, _ in
                if position == last { head = FeedHead(position: position, digest: digest) }
                while let first = next.first, first <= position, position <= last {
                    if first == position { seen.append(FeedHead(position: position, digest: digest)) }
                    next = next.dropFirst()
                }
                return true
            }
        }
        stated = next
        reached = head
        witnesses += seen.map { Witness(head: $0, block: head) }
    }
}
