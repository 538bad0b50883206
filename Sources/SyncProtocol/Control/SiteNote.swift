import LogFormat

/// What one site said last that it holds, and when; and what it was told.
package struct SiteNote: Hashable, Sendable {
    package var memory: PeerMemory
    /// When it was noted, by the clock here, in milliseconds since 1970.
    package var notedMilliseconds: Int64
    /// Number of its newest bundle that was taken here; 0 for none.
    package var bundle: UInt64
    /// Said on a connection, and not in a bundle.
    package var isOfConnection: Bool
}

/// Writes notes one after the other: what several say alike is written once.
struct SiteNoteWriting {
    private(set) var bytes: [UInt8] = []
    private var numbers: [HaveVector.Part: UInt32] = [:]
    private var former = HaveVector()

    /// Stands for a part whose rows follow.
    static let isNew = UInt32.max

    /// - Parameters:
    ///   - site: Whose note.
    ///   - note: What is written.
    ///   - limitBytes: Most that may be written in all.
    /// - Returns: False when there is no room: then nothing was written, and nothing may follow.
    mutating func add(_ site: SiteID, _ note: SiteNote, limitBytes: Int) -> Bool {
        let start = bytes.count
        let memory = note.memory
        bytes += site.bytes + (memory.epoch?.bytes ?? [UInt8](repeating: 0, count: EpochID.lengthBytes))
        bytes.append(littleEndian: UInt64(bitPattern: memory.wallMilliseconds))
        bytes.append(littleEndian: UInt64(bitPattern: note.notedMilliseconds))
        bytes.append(littleEndian: note.bundle)
        bytes.append(note.isOfConnection ? 1 : 0)
        write(memory.vector, after: former)
        bytes.append(memory.said == nil ? 0 : 1)
        if let said = memory.said { write(said, after: memory.vector) }
        guard bytes.count <= limitBytes else {
            bytes.removeLast(bytes.count - start)
            return false
        }
        former = memory.vector
        return true
    }

    private mutating func write(_ vector: HaveVector, after former: HaveVector) {
        let changed = (0..<FeedMap<HaveVector.Known>.partCount).filter { vector.part($0) != former.part($0) }
        write(changed.count, bytes: 2)
        for number in changed {
            bytes.append(UInt8(number))
            let part = vector.part(number)
            if let known = numbers[part] {
                bytes.append(littleEndian: known)
                continue
            }
            bytes.append(littleEndian: Self.isNew)
            numbers[part] = UInt32(numbers.count)
            write(part.count, bytes: 4)
            for entry in part { write(entry.feed, entry.value) }
        }
    }

    private mutating func write(_ feed: FeedID, _ known: HaveVector.Known) {
        bytes += feed.site.bytes + feed.epoch.bytes
        bytes.append(feed.lane.rawValue)
        bytes.append(littleEndian: known.row.position)
        bytes.append(littleEndian: known.row.bytes)
        bytes += known.row.digest.bytes
        bytes.append(known.rest == nil ? 0 : 1)
        if let rest = known.rest { bytes += rest.bytes }
    }

    private mutating func write(_ number: Int, bytes count: Int) {
        bytes += number.littleEndianBytes.prefix(count)
    }
}

/// Reads notes one after the other.
struct SiteNoteReading {
    private var rest: ArraySlice<UInt8>
    private var parts: [(rows: HaveVector.Part, weight: UInt128)] = []
    private var former = Assembly()

    /// A vector and what it was put together from.
    private struct Assembly {
        var parts = [HaveVector.Part](repeating: [], count: FeedMap<HaveVector.Known>.partCount)
        var weights = [UInt128](repeating: 0, count: FeedMap<HaveVector.Known>.partCount)
        var vector = HaveVector()
    }

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    static var broken: SyncError { SyncError(.illFormed, "What was noted of other sites is broken.") }

    /// - Returns: nil at the end.
    /// - Throws: `.illFormed`.
    mutating func next() throws(SyncError) -> (SiteID, SiteNote)? {
        guard !rest.isEmpty else { return nil }
        guard let site = SiteID(try take(SiteID.lengthBytes)), let epoch = EpochID(try take(EpochID.lengthBytes)) else {
            throw Self.broken
        }
        let wall = Int64(bitPattern: try integer(8))
        let noted = Int64(bitPattern: try integer(8))
        let bundle = try integer(8)
        let isOfConnection = try flag()
        former = try assembly(after: former)
        let said: HaveVector? = try flag() ? assembly(after: former).vector : nil
        let memory = PeerMemory(
            epoch: epoch,
            wallMilliseconds: wall,
            vector: former.vector,
            acknowledged: [],
            said: said
        )
        let note = SiteNote(memory: memory, notedMilliseconds: noted, bundle: bundle, isOfConnection: isOfConnection)
        return (site, note)
    }

    private mutating func assembly(after former: Assembly) throws(SyncError) -> Assembly {
        let count = try integer(2)
        guard count > 0 else { return former }
        var next = former
        var last = -1
        for _ in 0..<count {
            let number = Int(try integer(1))
            guard number > last else { throw Self.broken }
            last = number
            let part = try part()
            guard part.rows.first.map({ Int($0.feed.site.firstByte) == number }) ?? true else { throw Self.broken }
            next.parts[number] = part.rows
            next.weights[number] = part.weight
        }
        next.vector = HaveVector(parts: next.parts, weights: next.weights)
        guard next.vector.count <= Limits.vectorFeeds else { throw Self.broken }
        return next
    }

    /// Rows that ascend and begin with one byte.
    private mutating func part() throws(SyncError) -> (rows: HaveVector.Part, weight: UInt128) {
        let known = try integer(4)
        guard known == UInt64(SiteNoteWriting.isNew) else {
            guard known < UInt64(parts.count) else { throw Self.broken }
            return parts[Int(known)]
        }
        let count = try integer(4)
        guard count <= UInt64(Limits.vectorFeeds) else { throw Self.broken }
        var rows: HaveVector.Part = []
        for _ in 0..<count {
            let row = try row()
            if let last = rows.last?.feed, last >= row.feed || last.site.firstByte != row.feed.site.firstByte {
                throw Self.broken
            }
            rows.append(row)
        }
        let part = (rows: rows, weight: HaveVector.weight(of: rows))
        parts.append(part)
        return part
    }

    private mutating func row() throws(SyncError) -> FeedMap<HaveVector.Known>.Entry {
        guard let site = SiteID(try take(SiteID.lengthBytes)), let epoch = EpochID(try take(EpochID.lengthBytes)),
            let lane = Lane(rawValue: UInt8(truncatingIfNeeded: try integer(1)))
        else { throw Self.broken }
        let position = try integer(8)
        let bytes = try integer(8)
        guard (1...Limits.position).contains(position), let digest = ShortDigest(try take(ShortDigest.lengthBytes))
        else { throw Self.broken }
        let row = HaveRow(position: position, digest: digest, bytes: bytes)
        let end: ShortDigest? = try flag() ? ShortDigest(take(ShortDigest.lengthBytes)) : nil
        return .init(feed: FeedID(site: site, epoch: epoch, lane: lane), value: .init(row: row, rest: end))
    }

    private mutating func flag() throws(SyncError) -> Bool {
        switch try integer(1) {
        case 0: return false
        case 1: return true
        default: throw Self.broken
        }
    }

    private mutating func integer(_ bytes: Int) throws(SyncError) -> UInt64 {
        UInt64(littleEndianBytes: try take(bytes))
    }

    private mutating func take(_ count: Int) throws(SyncError) -> ArraySlice<UInt8> {
        guard rest.count >= count else { throw Self.broken }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}
