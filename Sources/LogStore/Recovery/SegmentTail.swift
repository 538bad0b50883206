import LogFormat
import StoreIO

/// Walks a raw segment from its header to its first invalid place and says what lies behind.
struct SegmentTail {
    /// The head after the last valid block.
    private(set) var head: FeedHead
    /// Where the last valid block ends.
    private(set) var endOffsetBytes: UInt64
    /// Where the last byte behind that is not zero ends; equal to ``endOffsetBytes`` when there is none.
    private(set) var restEndBytes: UInt64
    /// Why what lies behind can not be a torn tail; nil when it can.
    private(set) var contradiction: StorageError?

    /// Whether anything lies behind the last valid block.
    var hasRest: Bool { restEndBytes > endOffsetBytes }

    /// - Throws: `.inputOutput`.
    /// - Complexity: Reads the segment once (at most 8 MiB and one commit) and computes its chain.
    init(_ segment: RawSegment, upTo sizeBytes: UInt64) throws(StorageError) {
        let bytes = try segment.file.read(upTo: Int(sizeBytes), at: 0)
        let path = segment.file.path
        head = segment.header.previous
        var index = SegmentHeader.lengthBytes
        var inflater = Inflater()
        var brokenChain: FormatError?
        while index < bytes.count {
            do throws(FormatError) {
                let found = try SegmentScan.block(
                    in: bytes,
                    at: index,
                    bufferOffsetBytes: 0,
                    salt: segment.header.salt
                )
                let block = try Block(decoding: Array(bytes[Int(found.blockOffsetBytes)..<Int(found.endOffsetBytes)]))
                do throws(FormatError) {
                    head = try block.verified(after: head, using: &inflater)
                } catch {
                    // Valid at its place and not what the feed continues with: no crash does that.
                    brokenChain = error
                    throw error
                }
                index = Int(found.endOffsetBytes)
            } catch {
                break
            }
        }
        let end = UInt64(index)
        endOffsetBytes = end
        restEndBytes = (SegmentScan.lastNonZero(in: bytes, from: min(index, bytes.count)).map { UInt64($0) + 1 }) ?? end
        guard restEndBytes > end else { return }
        func damage(_ reason: String) -> StorageError {
            StorageError(
                .corrupted,
                reason,
                at: .init(path: path, offsetBytes: end, positions: head.position + 1...head.position + 1)
            )
        }
        if let brokenChain {
            contradiction = damage("A block is valid at its place but does not continue the feed (\(brokenChain)).")
        } else if let witness = SegmentScan.nextBlock(
            in: bytes,
            from: index + 1,
            bufferOffsetBytes: 0,
            salt: segment.header.salt
        ),
            witness.place.durableOffsetBytes > end
        {
            contradiction = damage(
                "The segment is damaged here: a later block knew these bytes to be durable."
            )
        } else if restEndBytes - end > UInt64(Limits.commitStoredBytes) {
            contradiction = damage("More lies behind the last valid block than one commit can leave.")
        }
    }
}
