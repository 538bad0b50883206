package import LogFormat
package import StoreIO

/// What comes next of a feed as far as it can be read, and what can not be read in front of it.
package struct FeedPassage: Sendable {
    /// Positions that are damaged or missing: from the one asked for to the one before ``entries``, or to the published
    /// end where nothing behind can be read; nil when the next entry is whole.
    package var missing: ClosedRange<UInt64>?
    /// Why they can not be read; nil when ``missing`` is.
    package var damage: StorageError?
    /// Without a gap between them, each proven by the chain of its block.
    package var entries: [StoredEntry]
    /// The head after the last of ``entries``; without any the published end.
    package var head: FeedHead
}

/// Takes entries out of blocks until there are enough.
struct EntryCollector {
    let feed: FeedID
    /// Entries up to here are left out.
    let position: UInt64
    /// About how much to take; at least one entry.
    let limitBytes: Int
    private(set) var entries: [StoredEntry] = []
    /// The head after the last entry taken.
    private(set) var reached: FeedHead?
    private(set) var isFull = false
    private var lengthBytes = 0

    init(feed: FeedID, after position: UInt64, limitBytes: Int) {
        self.feed = feed
        self.position = position
        self.limitBytes = limitBytes
    }

    /// Takes what is wanted of a block; nothing of it when it does not prove itself.
    ///
    /// - Parameters:
    ///   - block: What lies at `row`.
    ///   - row: Its place, and the head it must continue.
    ///   - path: The file, for the error.
    ///   - last: The last position that counts.
    ///   - inflater: Working memory.
    /// - Throws: `.corrupted`, `.unsupportedFormat`.
    mutating func take(
        _ block: Block,
        at row: SegmentReader.Row,
        in path: String,
        through last: UInt64,
        using inflater: inout Inflater
    ) throws(StorageError) {
        // Not a copy of all of it, which would have each block copy what was taken before.
        let before = (count: entries.count, reached, isFull, lengthBytes)
        do throws(FormatError) {
            try block.forEachEntry(after: row.previous, using: &inflater) { current, digest, entry in
                guard current > position, current <= last, !isFull else { return true }
                guard lengthBytes == 0 || lengthBytes + entry.byteCount <= limitBytes else {
                    isFull = true
                    // The block is proven by its end.
                    return true
                }
                let reference = EntryReference(feed: feed, position: current, digestPrefix: digest.prefix)
                entries.append(StoredEntry(reference: reference, bytes: entry.bytes))
                reached = FeedHead(position: current, digest: digest)
                lengthBytes += entry.byteCount
                if lengthBytes >= limitBytes { isFull = true }
                return true
            }
        } catch {
            entries.removeLast(entries.count - before.count)
            (reached, isFull, lengthBytes) = (before.1, before.2, before.3)
            throw FeedDirectory.damage(
                error,
                path: path,
                offsetBytes: row.offsetBytes,
                positions: block.header.firstPosition...block.header.lastPosition
            )
        }
    }
}

extension RawSpan {
    /// A copy.
    var bytes: [UInt8] { unsafe withUnsafeBytes { unsafe [UInt8]($0) } }
}
