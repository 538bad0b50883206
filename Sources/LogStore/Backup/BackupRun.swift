import LogFormat
import StoreIO

/// One backup at work.
struct BackupRun {
    private let log: LogStore
    private let folder: BackupFolder
    private let verifyingAll: Bool
    private let earlier: BackupManifest?
    /// The segments of ``earlier``.
    private let known: [Key: BackupManifest.Segment]
    private var manifest: BackupManifest
    private var result = BackupResult()
    private var done: UInt64 = 0
    private var total: UInt64 = 0

    /// Larger than any segment of this format; a file beyond it is none.
    private static let segmentLimitBytes: UInt64 = 64 * 1024 * 1024
    /// Smaller files are part of the manifest.
    private static let inlineBytes = 16 * 1024

    private var fileSystem: any FileSystem { log.surroundings.fileSystem }

    /// A segment as it lies in the store.
    private struct Source {
        var folder: String
        var directory: FeedDirectory
        var name: SegmentName
        /// How much of it is taken.
        var lengthBytes: UInt64
        /// The head after its last entry, where it is known without reading all of it.
        var end: FeedHead?

        var key: Key { Key(folder: folder, first: name.firstPosition) }
    }

    private struct Key: Hashable {
        var folder: String
        var first: UInt64
    }

    init(_ log: LogStore, _ folder: BackupFolder, verifyingAll: Bool) throws(StorageError) {
        self.log = log
        self.folder = folder
        self.verifyingAll = verifyingAll
        let (earlier, lastGeneration) = try folder.newestManifest()
        self.earlier = earlier
        known = Dictionary(
            (earlier?.segments ?? []).map { (Key(folder: $0.folder, first: $0.name.firstPosition), $0) },
            uniquingKeysWith: { first, _ in first }
        )
        manifest = BackupManifest(
            generation: lastGeneration + 1,
            milliseconds: log.surroundings.clock.millisecondsSinceEpoch()
        )
    }

    mutating func run(
        extras: (_ former: [BackupExtra]) throws(StorageError) -> [BackupExtra],
        progress: (UInt64, UInt64) -> Void
    ) throws(StorageError) -> BackupResult {
        let slots = try readHeads()
        var sources: [Source] = []
        for slot in slots { sources += try self.sources(of: slot) }
        total = sources.reduce(0) { $0 + $1.lengthBytes }
        try checkRoom(for: sources)
        for source in sources {
            if let segment = try take(source) { manifest.segments.append(segment) }
            done += source.lengthBytes
            progress(min(done, total), total)
        }
        for extra in try extras(formerExtras()) { try add(extra.bytes, as: BackupExtra.prefix + extra.name) }
        try keepWhatTheStoreLacks()
        try folder.publish(manifest, salt: salt())
        result.generation = manifest.generation
        result.milliseconds = manifest.milliseconds
        result.isWhollyVerified = verifyingAll || result.keptSegments == 0
        result.entries = manifest.ends.values.reduce(0) { $0 + $1.position }
        result.totalBytes = manifest.objects.reduce(0) { $0 + $1.lengthBytes }
        return result
    }

    private func salt() -> [UInt8] { log.surroundings.random.bytes(32) }

    // MARK: - The moment

    /// Reads heads and small files while nobody writes.
    private mutating func readHeads() throws(StorageError) -> [HeadsSlot] {
        var slots: [HeadsSlot] = []
        var files: [(String, [UInt8])] = []
        let read = { (log: LogStore) throws(StorageError) in
            slots = try log.slots().sorted { ($0.feed, $0.branch) < ($1.feed, $1.branch) }
            files = try Self.smallFiles(of: log, slots)
        }
        if log.writeRefusal == nil {
            try log.whileAppending { _ throws(StorageError) in try read(log) }
        } else {
            try read(log)
        }
        for (name, bytes) in files { try add(bytes, as: name) }
        return slots
    }

    private static func smallFiles(
        of log: LogStore,
        _ slots: [HeadsSlot]
    ) throws(StorageError) -> [(String, [UInt8])] {
        let fileSystem = log.surroundings.fileSystem
        let paths = log.paths
        var names = [paths.format, paths.site, paths.key, paths.registry, paths.backupKey]
        if try fileSystem.exists(paths.incidents) {
            names += try fileSystem.listDirectory(paths.incidents).filter { $0.hasSuffix(".incident") }
                .map { "\(paths.incidents)/\($0)" }
        }
        names += slots.map { log.directory(of: $0).checkpointsPath }
        var files: [(String, [UInt8])] = []
        for path in names where try fileSystem.exists(path) {
            let name = String(path.dropFirst(paths.root.utf8.count + 1))
            files.append((name, try fileSystem.readFile(path, limitBytes: TextRecord.limitBytes)))
        }
        return files
    }

    private mutating func add(_ bytes: [UInt8], as name: String) throws(StorageError) {
        guard bytes.count > Self.inlineBytes else {
            manifest.files.append(.init(name: name, content: .inline(bytes)))
            return
        }
        let (object, written) = try folder.store(bytes, salt: salt())
        result.copiedBytes += written
        manifest.files.append(.init(name: name, content: .object(object)))
    }

    /// What the caller gave to the backup before. What can not be read of it is left out: what the caller gives now takes
    /// its place, and where it gives nothing the damaged one stays, and is named when it is restored.
    private func formerExtras() throws(StorageError) -> [BackupExtra] {
        do throws(StorageError) {
            return try earlier.map { (manifest) throws(StorageError) in try folder.extras(of: manifest) } ?? []
        } catch {
            guard error.code == .corrupted else { throw error }
            return []
        }
    }

    // MARK: - Segments

    /// The segments of a feed up to its published head.
    private func sources(of slot: HeadsSlot) throws(StorageError) -> [Source] {
        let directory = log.directory(of: slot)
        guard slot.segment > 0, slot.stored.position > 0, try fileSystem.exists(directory.path) else { return [] }
        var names: [SegmentName] = []
        for name in try directory.segments() where name.firstPosition <= slot.segment {
            // Of one that is there raw and sealed the sealed one comes first, and holds.
            if names.last?.firstPosition != name.firstPosition { names.append(name) }
        }
        let folder = String(directory.path.dropFirst(log.paths.feeds.utf8.count + 1))
        var sources: [Source] = []
        for (index, name) in names.enumerated() {
            var source = Source(folder: folder, directory: directory, name: name, lengthBytes: 0, end: nil)
            let sizeBytes = try fileSystem.status(directory.path(of: name))?.sizeBytes ?? 0
            if name.kind == .sealed {
                source.lengthBytes = sizeBytes
            } else if name.firstPosition == slot.segment {
                guard slot.durableBytes > UInt64(SegmentHeader.lengthBytes) else { continue }
                source.lengthBytes = slot.durableBytes
                source.end = slot.stored
            } else if let end = try closedEnd(of: name, before: names[(index + 1)...].first, in: directory) {
                guard end.offsetBytes > UInt64(SegmentHeader.lengthBytes) else { continue }
                source.lengthBytes = end.offsetBytes
                source.end = end.head
            } else {
                // What its successor should say can not be read: take it as long as it is, as far as it is proven.
                source.lengthBytes = sizeBytes
            }
            sources.append(source)
        }
        return sources
    }

    /// Where a closed raw segment ends, as its successor says; nil when that one can not be read.
    private func closedEnd(
        of name: SegmentName,
        before successor: SegmentName?,
        in directory: FeedDirectory
    ) throws(StorageError) -> (offsetBytes: UInt64, head: FeedHead)? {
        guard let successor else { return nil }
        do throws(StorageError) {
            let file = try fileSystem.openFile(directory.path(of: successor), .read)
            let header = try SegmentReader.readHeader(of: file, feed: directory.feed, kind: successor.kind)
            guard let predecessor = header.predecessor, predecessor.firstPosition == name.firstPosition else {
                return nil
            }
            return (predecessor.endOffsetBytes, header.previous)
        } catch {
            guard error.code == .corrupted || error.code == .unsupportedFormat else { throw error }
            return nil
        }
    }

    /// The row of the manifest for a segment: the earlier one when that still says it, else a new one.
    ///
    /// - Returns: nil when the segment is damaged here and was never backed up.
    private mutating func take(_ source: Source) throws(StorageError) -> BackupManifest.Segment? {
        let path = source.directory.path(of: source.name)
        let known = known[source.key]
        do throws(StorageError) {
            guard source.lengthBytes <= Self.segmentLimitBytes else {
                throw FeedDirectory.damage(.inconsistent, path: path)
            }
            if let known, try isSame(known, source), try isHeld(known, of: source) {
                result.keptSegments += 1
                return known
            }
            let bytes = try fileSystem.openFile(path, .read).read(exactly: Int(source.lengthBytes), at: 0)
            let proven = try SegmentProof.run(
                bytes,
                feed: source.directory.feed,
                name: source.name,
                end: source.end,
                path: path
            )
            if let known, known.previous == proven.previous, known.head.position > proven.head.position {
                // The store has lost what the backup has.
                result.keptSegments += 1
                result.feedsBeyondStore += 1
                return known
            }
            let (object, written) = try folder.store(bytes, salt: salt())
            // Reading back has compared every byte with what was proven above.
            result.copiedSegments += 1
            result.copiedBytes += written
            return .init(
                folder: source.folder,
                name: source.name,
                previous: proven.previous,
                head: proven.head,
                object: object
            )
        } catch {
            // Not of the backup: that is told by its path.
            guard error.code == .corrupted || error.code == .unsupportedFormat || error.code == .notFound,
                error.location?.path.hasPrefix(folder.path + "/") != true
            else { throw error }
            result.damage.append(error)
            return known
        }
    }

    /// Whether the segment is still what was backed up, without reading all of it.
    private func isSame(_ known: BackupManifest.Segment, _ source: Source) throws(StorageError) -> Bool {
        guard known.name == source.name, known.object.lengthBytes == source.lengthBytes else { return false }
        if let end = source.end { return known.head == end }
        guard source.name.kind == .sealed else { return false }
        let file = try fileSystem.openFile(source.directory.path(of: source.name), .read)
        let header = try SegmentReader.readHeader(of: file, feed: source.directory.feed, kind: .sealed)
        return try SegmentReader.readIndex(of: file, header: header).0.head == known.head
            && header.previous == known.previous
    }

    /// Whether the backup still holds the segment; proven when everything is to be.
    private func isHeld(_ known: BackupManifest.Segment, of source: Source) throws(StorageError) -> Bool {
        guard try folder.holds(known.object) else { return false }
        guard verifyingAll else { return true }
        do throws(StorageError) {
            _ = try SegmentProof.run(
                try folder.read(known.object),
                feed: source.directory.feed,
                name: known.name,
                end: known.head,
                path: folder.objectPath(known.object.name)
            )
            return true
        } catch {
            // Copied anew from the store.
            guard error.code == .corrupted else { throw error }
            return false
        }
    }

    /// Keeps what the earlier backup held beyond the end of the store's feeds.
    private mutating func keepWhatTheStoreLacks() throws(StorageError) {
        guard let earlier else { return }
        var taken: [String: [BackupManifest.Segment]] = [:]
        for segment in manifest.segments { taken[segment.folder, default: []].append(segment) }
        var beyond: Set<String> = []
        for segment in earlier.segments {
            guard (taken[segment.folder] ?? []).allSatisfy({ Self.canStand(segment, beside: $0) }),
                try folder.holds(segment.object)
            else { continue }
            beyond.insert(segment.folder)
            taken[segment.folder, default: []].append(segment)
            manifest.segments.append(segment)
            result.keptSegments += 1
        }
        result.feedsBeyondStore += beyond.count
        let names = Set(manifest.files.map(\.name))
        let folders = Set(manifest.segments.map(\.folder))
        // Checkpoints of feeds the store lost, and what the caller could not read.
        for file in earlier.files where !names.contains(file.name) && Self.belongs(file.name, to: folders) {
            manifest.files.append(file)
        }
    }

    /// Whether two segments of a folder hold different entries of one history.
    private static func canStand(_ one: BackupManifest.Segment, beside other: BackupManifest.Segment) -> Bool {
        let (first, second) = one.head.position <= other.head.position ? (one, other) : (other, one)
        return first.head.position < second.previous.position || first.head == second.previous
    }

    private static func belongs(_ name: String, to folders: Set<String>) -> Bool {
        let parts = name.split(separator: "/")
        if parts.first == "extra" { return true }
        return parts.count == 3 && parts[0] == "feeds" && folders.contains(String(parts[1]))
    }

    // MARK: - Room

    /// Says at once what would fail after an hour.
    private func checkRoom(for sources: [Source]) throws(StorageError) {
        var needed: UInt64 = 0
        for source in sources {
            let isKnown = known[source.key].map {
                $0.name == source.name && $0.object.lengthBytes == source.lengthBytes
            }
            if isKnown != true { needed += BackupCipher.sealedBytes(source.lengthBytes) }
        }
        let free = try fileSystem.freeSpaceBytes(folder.path)
        guard needed <= free else {
            throw StorageError(
                .noSpace,
                "The backup needs about \(needed) bytes more and the disk has \(free) free.",
                at: .init(path: folder.path)
            )
        }
    }
}
