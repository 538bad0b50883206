import LogFormat
import StoreIO

/// Walks a raw segment from its header to its first invalid place and says what lies behind.
///
/// A commit counts as a whole: where its blocks break off before the last one, the segment ends where the commit begins.
struct SegmentTail {
    /// The head after the last whole commit.
    private(set) var head: FeedHead
    /// Where the last whole commit ends.
    private(set) var endOffsetBytes: UInt64
    /// Where the last byte behind that is not zero ends; equal to ``endOffsetBytes`` when there is none.
    private(set) var restEndBytes: UInt64
    /// Why what lies behind can not be a torn tail; nil when it can.
    private(set) var contradiction: StorageError?

    /// Whether anything lies behind the last whole commit.
    var hasRest: Bool { restEndBytes > endOffsetBytes }

    /// - Throws: `.inputOutput`.
    /// - Complexity: Reads the segment once (at most 8 MiB and one commit) and computes its chain.
    init(_ segment: RawSegment, upTo sizeBytes: UInt64) throws(StorageError) {
        let bytes = try segment.file.read(upTo: Int(sizeBytes), at: 0)
        let path = segment.file.path
        head = segment.header.previous
        var index = SegmentHeader.lengthBytes
        var inflater = Inflater()
        var broken: String?
        // Where a commit begins of which the last block has not come yet.
        var begun: (index: Int, head: FeedHead)?
        while index < bytes.count {
            do throws(FormatError) {
                let found = try SegmentScan.block(
                    in: bytes,
                    at: index,
                    bufferOffsetBytes: 0,
                    salt: segment.header.salt
                )
                let start: (index: Int, head: FeedHead) = if let begun { begun } else { (index, head) }
                if begun != nil || !found.place.endsCommit, found.place.durableOffsetBytes != UInt64(start.index) {
                    broken = "A block is valid at its place but not of the commit that it lies in."
                    break
                }
                do throws(FormatError) {
                    head = try found.verified(in: bytes, at: index, after: head, using: &inflater)
                } catch {
                    // Valid at its place and not what the feed continues with: no crash does that. What only a newer program
                    // can read may continue it.
                    if error != .unknownDictionary {
                        broken = "A block is valid at its place but does not continue the feed (\(error))."
                    }
                    throw error
                }
                begun = found.place.endsCommit ? nil : start
                index = Int(found.endOffsetBytes)
            } catch {
                break
            }
        }
        let invalid = index
        if let begun { (index, head) = begun }
        let end = UInt64(index)
        endOffsetBytes = end
        restEndBytes = (SegmentScan.lastNonZero(in: bytes, from: min(index, bytes.count)).map { UInt64($0) + 1 }) ?? end
        guard restEndBytes > end, !SeededBug.truncatedOnCorruption.isPlanted else { return }
        func damage(_ reason: String) -> StorageError {
            StorageError(
                .corrupted,
                reason,
                at: .init(path: path, offsetBytes: end, positions: head.position + 1...head.position + 1)
            )
        }
        if let broken {
            contradiction = damage(broken)
        } else if Self.isKnownDurable(end, in: bytes, from: invalid + 1, salt: segment.header.salt) {
            contradiction = damage(
                "The segment is damaged here: a later block knew these bytes to be durable."
            )
        } else if restEndBytes - end > UInt64(Limits.commitStoredBytes) {
            contradiction = damage("More lies behind the last whole commit than one commit can leave.")
        }
    }

    /// Whether any valid block further on was written when the bytes at `end` were durable. Not only the next one: that may
    /// be of the same commit as the damaged one, and knows no more than that.
    private static func isKnownDurable(_ end: UInt64, in bytes: [UInt8], from index: Int, salt: UInt64) -> Bool {
        var index = index
        while let witness = SegmentScan.nextBlock(in: bytes, from: index, bufferOffsetBytes: 0, salt: salt) {
            if witness.place.durableOffsetBytes > end { return true }
            index = Int(witness.endOffsetBytes)
        }
        return false
    }
}
