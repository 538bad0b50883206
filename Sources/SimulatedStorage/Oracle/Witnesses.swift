import LogFormat
import LogStore
import StoreIO

/// What on a disk still speaks of acknowledged entries after a power cut, computed from the format and not by the log.
///
/// Of a feed's newest segment only these know what was durable: a slot of HEADS, and an intact block that a later commit
/// wrote. Everything before the newest segment is known by that segment's name and header.
struct Witnesses {
    private var ends: [FeedID: UInt64] = [:]

    /// - Parameters:
    ///   - disk: After the cut, before anybody opened the store.
    ///   - root: The store.
    ///   - promises: Where commits began.
    ///   - knownEnds: What was known at an earlier cut of the same disk, since when no entry can have come back.
    /// - Throws: What the simulated disk throws when there is no store.
    init(_ disk: SimulatedDisk, root: String, _ promises: LogPromises, knownEnds: Witnesses? = nil) throws {
        let paths = StorePaths(root: root)
        let heads = try disk.tree(root).contains(paths.heads) ? disk.contents(paths.heads) : []
        for index in 0..<HeadsSlot.pairCount(fileLengthBytes: UInt64(heads.count)) {
            let start = Int(HeadsSlot.pairOffsetBytes(index: index))
            do throws(FormatError) {
                let pair = Array(heads[start...].prefix(2 * HeadsSlot.lengthBytes))
                if let slot = try HeadsPair<HeadsSlot>(decoding: pair, index: index).newest {
                    ends[slot.feed] = slot.stored.position
                }
            } catch {
                // A damaged pair knows nothing.
                continue
            }
        }
        for path in try disk.tree(paths.feeds) {
            guard let name = path.split(separator: "/").last.flatMap({ SegmentName(fileName: String($0)) }) else {
                continue
            }
            try look(at: disk.contents(path), name, promises)
        }
        if let knownEnds { ends = ends.merging(knownEnds.ends) { min($0, $1) } }
    }

    private mutating func look(at bytes: [UInt8], _ name: SegmentName, _ promises: LogPromises) throws {
        let header: SegmentHeader
        do throws(FormatError) {
            header = try SegmentHeader(decoding: Array(bytes.prefix(SegmentHeader.lengthBytes)))
        } catch {
            // Its name still speaks, but not of which feed; that it can not be read is said by whoever reads it.
            return
        }
        raise(header.feed, to: header.firstPosition - 1)
        guard name.kind == .raw else {
            do throws(FormatError) {
                let footer = try SealedFooter(
                    decoding: Array(bytes.suffix(SealedFooter.lengthBytes)),
                    header: header,
                    fileLengthBytes: UInt64(bytes.count)
                )
                raise(header.feed, to: footer.head.position)
            } catch {
                // Nor does what has no end know where it ended.
            }
            return
        }
        var index = SegmentHeader.lengthBytes
        while let found = SegmentScan.nextBlock(in: bytes, from: index, bufferOffsetBytes: 0, salt: header.salt) {
            let first = found.header.firstPosition
            raise(header.feed, to: (promises.commitStart[header.feed]?[first] ?? first) - 1)
            index = Int(found.endOffsetBytes)
        }
    }

    private mutating func raise(_ feed: FeedID, to position: UInt64) { ends[feed] = max(ends[feed] ?? 0, position) }

    /// Whether anything durable speaks of an entry.
    func know(_ reference: EntryReference) -> Bool { reference.position <= ends[reference.feed] ?? 0 }
}

/// The files of a store that hold entries, to see that nobody shortens them.
struct Files {
    private var segments: [String: [UInt8]] = [:]
    private var elsewhere: Set<[UInt8]> = []
    private var sealed: Set<String> = []

    init(_ disk: SimulatedDisk, root: String) throws {
        let paths = StorePaths(root: root)
        for path in try disk.tree(paths.feeds) where path.hasSuffix(".seg") || path.hasSuffix(".zseg") {
            segments[path] = try disk.contents(path)
        }
        for path in try disk.tree(paths.quarantine) { elsewhere.insert(try disk.contents(path)) }
    }

    /// - Throws: ``Wrong`` when a file is shorter later, has other bytes where it had some, or is gone without being in
    ///   quarantine.
    func compare(with later: Files) throws {
        for (path, bytes) in segments {
            // Of what is in quarantine another may have taken the name.
            if later.elsewhere.contains(bytes) { continue }
            guard let now = later.segments[path] else { throw Wrong("\(path) is gone and not in quarantine") }
            guard now.count >= bytes.count else {
                throw Wrong("\(path) was shortened from \(bytes.count) to \(now.count) bytes")
            }
            let end = Self.end(of: bytes)
            guard now.prefix(end) == bytes.prefix(end) else { throw Wrong("\(path) was written over") }
        }
    }

    /// Where the last intact block of a raw segment ends: what lies behind was never acknowledged, and its place may be
    /// used. Of any other file the last byte that is not zero.
    private static func end(of bytes: [UInt8]) -> Int {
        do throws(FormatError) {
            let header = try SegmentHeader(decoding: Array(bytes.prefix(SegmentHeader.lengthBytes)))
            var end = SegmentHeader.lengthBytes
            while header.kind == .raw,
                let found = SegmentScan.nextBlock(in: bytes, from: end, bufferOffsetBytes: 0, salt: header.salt)
            { end = Int(found.endOffsetBytes) }
            return header.kind == .raw ? end : bytes.count
        } catch {
            return bytes.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
        }
    }
}
