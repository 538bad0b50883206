import LogFormat

/// What one site said last that it holds, and when.
package struct SiteNote: Hashable, Sendable {
    package var memory: PeerMemory
    /// When it was noted, by the clock here, in milliseconds since 1970.
    package var notedMilliseconds: Int64
    /// Number of its newest bundle that was taken here; 0 for none.
    package var bundle: UInt64
    /// Said on a connection, and not in a bundle.
    package var isOfConnection: Bool

    /// No more than this is what ``encode(of:into:)`` writes.
    var encodedBytesMaximum: Int { 53 + 74 * memory.vector.rows.count }

    func encode(of site: SiteID, into bytes: inout [UInt8]) {
        let heads = Dictionary(memory.acknowledged.map { ($0.feed, $0.head) }) { first, _ in first }
        bytes += site.bytes + (memory.epoch?.bytes ?? [UInt8](repeating: 0, count: EpochID.lengthBytes))
        bytes.append(littleEndian: UInt64(bitPattern: memory.wallMilliseconds))
        bytes.append(littleEndian: UInt64(bitPattern: notedMilliseconds))
        bytes.append(littleEndian: bundle)
        bytes.append(isOfConnection ? 1 : 0)
        bytes.append(littleEndian: UInt32(memory.vector.rows.count))
        for (feed, row) in memory.vector.sorted {
            bytes += feed.site.bytes + feed.epoch.bytes
            bytes.append(feed.lane.rawValue)
            bytes.append(littleEndian: row.position)
            bytes.append(littleEndian: row.bytes)
            bytes += row.digest.bytes
            guard let head = heads[feed], head.position == row.position, ShortDigest(head.digest) == row.digest else {
                bytes.append(0)
                continue
            }
            bytes.append(1)
            bytes += head.digest.bytes[ShortDigest.lengthBytes...]
        }
    }
}

/// Reads notes one after the other.
struct SiteNoteReading {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    static var broken: SyncError { SyncError(.illFormed, "What was noted of other sites is broken.") }

    /// Least significant byte first, at most 8.
    static func integer(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// - Returns: nil at the end.
    /// - Throws: `.illFormed`.
    mutating func next() throws(SyncError) -> (SiteID, SiteNote)? {
        guard !rest.isEmpty else { return nil }
        guard let site = SiteID(try take(SiteID.lengthBytes)), let epoch = EpochID(try take(EpochID.lengthBytes)) else {
            throw Self.broken
        }
        let said = Int64(bitPattern: try integer(8))
        let noted = Int64(bitPattern: try integer(8))
        let bundle = try integer(8)
        let isOfConnection = try flag()
        let count = try integer(4)
        guard count <= UInt64(Limits.vectorFeeds) else { throw Self.broken }
        var vector = HaveVector()
        var heads: [Frontier.Row] = []
        var last: FeedID?
        for _ in 0..<count {
            let (feed, row, head) = try self.row()
            if let last, last >= feed { throw Self.broken }
            last = feed
            vector[feed] = row
            if let head { heads.append(.init(feed: feed, head: head)) }
        }
        let memory = PeerMemory(epoch: epoch, wallMilliseconds: said, vector: vector, acknowledged: heads)
        let note = SiteNote(memory: memory, notedMilliseconds: noted, bundle: bundle, isOfConnection: isOfConnection)
        return (site, note)
    }

    private mutating func row() throws(SyncError) -> (FeedID, HaveRow, FeedHead?) {
        guard let site = SiteID(try take(SiteID.lengthBytes)), let epoch = EpochID(try take(EpochID.lengthBytes)),
            let lane = Lane(rawValue: UInt8(truncatingIfNeeded: try integer(1)))
        else { throw Self.broken }
        let position = try integer(8)
        let bytes = try integer(8)
        let start = try take(ShortDigest.lengthBytes)
        guard (1...Limits.position).contains(position), let digest = ShortDigest(start) else {
            throw Self.broken
        }
        let feed = FeedID(site: site, epoch: epoch, lane: lane)
        let row = HaveRow(position: position, digest: digest, bytes: bytes)
        guard try flag() else { return (feed, row, nil) }
        let end = try take(ChainDigest.lengthBytes - ShortDigest.lengthBytes)
        guard let whole = ChainDigest(Array(start) + Array(end)) else { throw Self.broken }
        return (feed, row, FeedHead(position: position, digest: whole))
    }

    private mutating func flag() throws(SyncError) -> Bool {
        switch try integer(1) {
        case 0: return false
        case 1: return true
        default: throw Self.broken
        }
    }

    private mutating func integer(_ bytes: Int) throws(SyncError) -> UInt64 { Self.integer(try take(bytes)) }

    private mutating func take(_ count: Int) throws(SyncError) -> ArraySlice<UInt8> {
        guard rest.count >= count else { throw Self.broken }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}
