import LogFormat
import StoreIO

/// What one commit adds to a feed.
enum CommitContent {
    /// Entries of this site, call by call; their chain is computed while they are written.
    case entries([[[UInt8]]])
    /// Blocks of another site, whose chain was checked. They continue the feed's stored head.
    case blocks([Block])

    /// How many bytes it occupies in a segment.
    ///
    /// - Complexity: O(entries), without reading them.
    var placedBytes: UInt64 {
        switch self {
        case .entries(let calls):
            var length = PlacedLength()
            for entries in calls {
                for entry in entries { length.add(entryBytes: entry.count) }
            }
            return UInt64(length.bytes)
        case .blocks(let blocks):
            return blocks.reduce(0) { $0 + UInt64(BlockPlace.lengthBytes + $1.header.encodedLengthBytes) }
        }
    }

    /// Writes all of it.
    ///
    /// - Returns: Of entries, the first 8 bytes of the digest after each.
    /// - Throws: As ``CommitWriter/append(_:)``.
    func write(with writer: inout CommitWriter) throws(StorageError) -> [UInt64] {
        var prefixes: [UInt64] = []
        switch self {
        case .entries(let calls):
            prefixes.reserveCapacity(calls.reduce(0) { $0 + $1.count })
            for entries in calls {
                for entry in entries { prefixes.append(try writer.append(entry).prefix) }
            }
            try writer.end()
        case .blocks(let blocks):
            for (index, block) in blocks.enumerated() {
                try writer.append(block, endsCommit: index == blocks.count - 1)
            }
        }
        return prefixes
    }
}

/// Where the entries of a commit are.
struct CommittedEntries {
    var feed: FeedID
    var firstPosition: UInt64
    /// Of each entry, in order.
    var digestPrefixes: [UInt64]

    /// References to some of them, counted from 0.
    func references(_ range: Range<Int>) -> [EntryReference] {
        range.map {
            EntryReference(feed: feed, position: firstPosition + UInt64($0), digestPrefix: digestPrefixes[$0])
        }
    }
}
