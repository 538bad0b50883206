import LogFormat
import StoreIO

/// Builds the segments of a gap from what a source gives, in the folder for temporary files.
///
/// Nothing has its place in the store before all of the gap is there, synced, read back and proven from the head before
/// it to the head behind it.
struct GapFilling {
    let gap: FeedGap
    let directory: FeedDirectory
    let paths: StorePaths
    let key: SitePublicKey
    let surroundings: Surroundings
    let progress: (UInt64) -> Void

    /// A segment that is whole, durable and without its name.
    struct Piece: Sendable {
        var path: String
        var header: SegmentHeader
        var rawEndOffsetBytes: UInt64
    }

    /// How much is asked for at once.
    static let fetchBytes = 1 << 20

    /// - Returns: The segments, in order; nil when the source does not hold all of the gap, or holds something else.
    /// - Throws: `.noSpace`, `.inputOutput`; what the source throws. Nothing is left behind.
    func pieces(from source: any RepairSource) throws(StorageError) -> [Piece]? {
        var made: [Piece] = []
        do throws(StorageError) {
            let isWhole = try fill(from: source, &made)
            if !isWhole { try remove(made) }
            return isWhole ? made : nil
        } catch {
            if error.code != .halted { try remove(made) }
            throw error
        }
    }

    /// Removes what was built.
    func remove(_ pieces: [Piece]) throws(StorageError) {
        for piece in pieces where try surroundings.fileSystem.exists(piece.path) {
            try surroundings.fileSystem.unlink(piece.path)
        }
    }

    private func fill(from source: any RepairSource, _ made: inout [Piece]) throws(StorageError) -> Bool {
        var waiting: [Block] = []
        var inflater = Inflater()
        var reached = gap.before
        var predecessor = gap.predecessor
        for (index, first) in gap.cuts.enumerated() {
            precondition(first == reached.position + 1, "each piece begins where the one before ends")
            let isLast = index + 1 == gap.cuts.count
            let last = isLast ? gap.end.position : gap.cuts[index + 1] - 1
            while reached.position < last {
                var taken: [Block] = []
                var lengthBytes = 0
                let before = reached
                // A segment that nobody names may be ended where it is full.
                let mayEnd = !isLast || gap.rawEndOffsetBytes == nil
                while reached.position < last, !mayEnd || lengthBytes < Limits.segmentBytes {
                    if waiting.isEmpty {
                        waiting = try source.blocks(of: directory.feed, after: reached, limitBytes: Self.fetchBytes)
                    }
                    guard !waiting.isEmpty else { return false }
                    let block = waiting.removeFirst()
                    do throws(FormatError) {
                        let next = try block.verified(after: reached, using: &inflater)
                        guard block.header.lastPosition > last else {
                            taken.append(block)
                            reached = next
                            lengthBytes += Self.placed(block)
                            continue
                        }
                        let part = try block.slice(reached.position + 1...last, after: reached, using: &inflater)
                        guard let kept = part.block else { return false }
                        if let rest = try block.dropping(through: last, using: &inflater) {
                            waiting.insert(rest, at: 0)
                        }
                        reached = try kept.verified(after: reached, using: &inflater)
                        taken.append(kept)
                        lengthBytes += Self.placed(kept)
                    } catch {
                        // What does not continue the chain is another history, or damaged there too.
                        return false
                    }
                }
                let end = UInt64(SegmentHeader.lengthBytes + lengthBytes)
                let isNamed = isLast && reached.position == last
                let piece = try build(
                    taken,
                    header(after: before, predecessor),
                    rawEndOffsetBytes: isNamed ? gap.rawEndOffsetBytes ?? end : end,
                    &made
                )
                predecessor = .init(firstPosition: piece.header.firstPosition, endOffsetBytes: piece.rawEndOffsetBytes)
                progress(UInt64(lengthBytes))
            }
        }
        return reached == gap.end
    }

    private static func placed(_ block: Block) -> Int { BlockPlace.lengthBytes + block.header.encodedLengthBytes }

    /// That of the damaged file where it is readable and still fits, else a new one.
    private func header(
        after head: FeedHead,
        _ predecessor: SegmentHeader.Predecessor?
    ) throws(StorageError) -> SegmentHeader {
        var made = SegmentHeader(
            kind: .sealed,
            feed: directory.feed,
            key: key,
            salt: surroundings.random.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) },
            previous: head,
            predecessor: predecessor,
            createdMilliseconds: surroundings.clock.millisecondsSinceEpoch()
        )
        for kind in [SegmentHeader.Kind.raw, .sealed] {
            let path = directory.path(of: .init(firstPosition: head.position + 1, kind: kind))
            guard try surroundings.fileSystem.exists(path) else { continue }
            do throws(StorageError) {
                let file = try surroundings.fileSystem.openFile(path, .read)
                made.createdMilliseconds =
                    try SegmentReader.readHeader(of: file, feed: directory.feed, kind: kind).createdMilliseconds
            } catch {
                // When it was made is lost with it.
                guard error.code == .corrupted || error.code == .inputOutput else { throw error }
            }
        }
        return made
    }

    private func build(
        _ blocks: [Block],
        _ header: SegmentHeader,
        rawEndOffsetBytes: UInt64,
        _ made: inout [Piece]
    ) throws(StorageError) -> Piece {
        let path = "\(paths.temporary)/\(surroundings.random.bytes(8).hexadecimal).zseg"
        let file = try surroundings.fileSystem.openFile(path, .create)
        let piece = Piece(path: path, header: header, rawEndOffsetBytes: rawEndOffsetBytes)
        made.append(piece)
        let bytes = try FeedDirectory.decoding(path) { () throws(FormatError) in
            var builder = SealedSegmentBuilder(sealing: header)
            var bytes = builder.start
            for block in blocks { bytes += try builder.append(block) }
            return try bytes + builder.finish(rawEndOffsetBytes: rawEndOffsetBytes)
        }
        try file.write(bytes, at: 0)
        try file.synchronizeData()
        let proven = try SealedFileCheck.run(
            try surroundings.fileSystem.openFile(path, .read),
            feed: directory.feed
        )
        guard proven.footer.head == blocks.last?.header.head else { throw FeedDirectory.damage(.chain, path: path) }
        return piece
    }
}
