import LogFormat
import Synchronization

/// The blocks single entries were last read from, inflated: at most 64, hence 2 MiB.
///
/// What was published of a feed never changes, so an entry that is found here is the one the files hold or held.
final class BlockCache: Sendable {
    /// One block's entries that may be shown.
    struct Inflated: Sendable {
        let feed: FeedID
        let firstPosition: UInt64
        /// Entries with their length fields.
        private let raw: [UInt8]
        /// Where each entry begins in `raw`, and where the last one ends.
        private let bounds: [UInt32]

        /// - Parameters:
        ///   - block: Its checksum was compared; its chain is not looked at.
        ///   - feed: Whose it is.
        ///   - last: The last position that may be shown.
        ///   - inflater: Working memory.
        /// - Throws: as ``Block/forEachEntry(using:_:)``.
        init(
            _ block: Block,
            of feed: FeedID,
            through last: UInt64,
            using inflater: inout Inflater
        ) throws(FormatError) {
            self.feed = feed
            firstPosition = block.header.firstPosition
            var bounds: [UInt32] = [0]
            bounds.reserveCapacity(Int(block.header.count) + 1)
            raw = try block.raw(using: &inflater) { position, framed in
                guard position <= last else { return false }
                bounds.append(bounds[bounds.count - 1] + UInt32(framed.byteCount))
                return true
            }
            self.bounds = bounds
        }

        /// - Returns: nil when the entry is not in here.
        func entry(at position: UInt64) -> [UInt8]? {
            guard position >= firstPosition, position - firstPosition < UInt64(bounds.count - 1) else { return nil }
            let index = Int(position - firstPosition)
            return [UInt8](raw[Int(bounds[index]) + 4..<Int(bounds[index + 1])])
        }
    }

    private static let capacity = 64
    /// The one used last comes last.
    private let blocks = Mutex<[Inflated]>([])

    func entry(of feed: FeedID, at position: UInt64) -> [UInt8]? {
        blocks.withLock { blocks in
            for index in blocks.indices.reversed() where blocks[index].firstPosition <= position {
                guard blocks[index].feed == feed, let entry = blocks[index].entry(at: position) else { continue }
                // Near the end is recent enough; moving costs more than it would save.
                if index < blocks.count / 2 { blocks.append(blocks.remove(at: index)) }
                return entry
            }
            return nil
        }
    }

    func insert(_ block: Inflated) {
        blocks.withLock { blocks in
            blocks.removeAll { $0.feed == block.feed && $0.firstPosition == block.firstPosition }
            if blocks.count >= Self.capacity { blocks.removeFirst() }
            blocks.append(block)
        }
    }
}
