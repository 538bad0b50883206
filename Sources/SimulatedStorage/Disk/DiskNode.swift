import StoreIO

/// A file or directory of a simulated disk, as running programs see it and as the disk would give it back.
struct DiskNode: Sendable, Hashable {
    static let sectorBytes = 512

    /// One sector as a write left it in the page cache.
    struct SectorVersion: Sendable, Hashable {
        var sector: Int
        var bytes: [UInt8]
    }

    var kind: FileStatus.Kind
    var ownerID: UInt32
    var mode: UInt32

    // MARK: Files

    /// What programs read: the page cache.
    var live = SparseBytes()
    /// What the disk is known to hold.
    var durable = SparseBytes()
    /// What the disk held before the last sync: what a read that was never renewed still shows.
    var stale = SparseBytes()
    /// Versions of sectors that no sync has covered yet, oldest first.
    var unsynced: [SectorVersion] = []

    // MARK: Directories

    var names: [String: Int] = [:]
    var durableNames: [String: Int] = [:]

    init(kind: FileStatus.Kind, ownerID: UInt32, mode: UInt32) {
        self.kind = kind
        self.ownerID = ownerID
        self.mode = mode
    }

    var hasUnsyncedSize: Bool { live.count != durable.count }

    /// Puts bytes into the page cache and remembers each sector they touch.
    mutating func write(_ bytes: ArraySlice<UInt8>, at offset: Int) {
        guard !bytes.isEmpty else { return }
        live.write(bytes, at: offset)
        for sector in offset / Self.sectorBytes...(offset + bytes.count - 1) / Self.sectorBytes {
            unsynced.append(SectorVersion(sector: sector, bytes: Self.sector(sector, of: live)))
        }
    }

    /// Puts bytes into the page cache that the disk will never get.
    mutating func writeToCacheOnly(_ bytes: ArraySlice<UInt8>, at offset: Int) {
        live.write(bytes, at: offset)
    }

    /// Puts bytes into the page cache, and on their way to the disk so many sectors further on.
    mutating func writeMisdirected(_ bytes: ArraySlice<UInt8>, at offset: Int, sectors: Int) {
        let known = unsynced.count
        write(bytes, at: offset)
        for index in known..<unsynced.count { unsynced[index].sector = max(0, unsynced[index].sector + sectors) }
    }

    /// The disk takes everything the page cache still owes it.
    mutating func synchronize() {
        stale = durable
        durable.resize(to: live.count)
        for version in unsynced { Self.put(version.bytes, into: &durable, sector: version.sector) }
        unsynced = []
    }

    /// The disk takes nothing, and the page cache believes it did: what a failed `fsync` leaves.
    mutating func losePending() { unsynced = [] }

    /// The page cache forgets what it need not keep, so that reads show the disk.
    mutating func dropCleanPages() {
        var reread = durable
        reread.resize(to: live.count)
        for version in unsynced { Self.put(version.bytes, into: &reread, sector: version.sector) }
        live = reread
    }

    /// A whole sector, with zeros beyond the end of the file.
    static func sector(_ sector: Int, of bytes: SparseBytes) -> [UInt8] {
        var content = bytes.read(sector * sectorBytes..<(sector + 1) * sectorBytes)
        content.append(contentsOf: repeatElement(0, count: sectorBytes - content.count))
        return content
    }

    /// Puts a whole sector into a file without changing its size.
    static func put(_ content: [UInt8], into bytes: inout SparseBytes, sector: Int) {
        let start = sector * sectorBytes
        guard start < bytes.count else { return }
        bytes.write(content.prefix(bytes.count - start), at: start)
    }
}
