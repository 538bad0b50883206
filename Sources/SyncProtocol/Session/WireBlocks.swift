import LogFormat

/// Makes of a store's blocks what goes into one DATA frame, and of a DATA frame's what goes into the store.
enum WireBlocks {
    /// The blocks to send now: nothing beyond `last`, about `limitBytes`, at least one entry when there is one; a single
    /// block may have `blockBytes`, which are no less.
    ///
    /// Sealed blocks go as they lie. Small plain ones are joined and compressed, for a block of one entry costs more
    /// than the entry; one too large for a slow link is cut. The chain runs over entries and does not care.
    ///
    /// - Throws: `.notNext`, `.chain` and what ``Block`` finds when the store gave something broken.
    static func fitted(
        _ blocks: [Block],
        after head: FeedHead,
        through last: UInt64,
        limitBytes: Int,
        blockBytes: Int,
        using compressor: inout PieceCompressor
    ) throws(FormatError) -> [Block] {
        var inflater = Inflater()
        var taken: [Block] = []
        var isPlain = true
        var length = 0
        var end = head
        for block in blocks where block.header.firstPosition <= last {
            guard block.header.firstPosition == end.position + 1 else { throw .notNext }
            var block = block
            if block.header.lastPosition > last {
                guard let cut = try block.slice(end.position + 1...last, after: end, using: &inflater).block else {
                    break
                }
                block = cut
            }
            // What is joined is as long as what it is compressed to, which is seen then.
            let isJoined = isPlain && block.header.method == .plain
            let added = isJoined ? Int(block.header.rawLengthBytes) : block.header.encodedLengthBytes
            guard taken.isEmpty || length + added <= (isJoined ? Limits.blockRawBytes : limitBytes) else { break }
            isPlain = isJoined
            length += added
            end = block.header.head
            taken.append(block)
        }
        guard let first = taken.first else { return [] }
        if isPlain {
            let joined = try rebuilt(taken, after: head, rawBytesMaximum: Limits.blockRawBytes, using: &compressor)
            let fittingBytes = taken.count > 1 ? limitBytes : blockBytes
            if joined.header.encodedLengthBytes <= fittingBytes || joined.header.count == 1 { return [joined] }
            return [try cut(joined, after: head, limitBytes: fittingBytes, using: &compressor)]
        }
        if taken.count == 1, first.header.encodedLengthBytes > blockBytes, first.header.count > 1 {
            return [try cut(first, after: head, limitBytes: blockBytes, using: &compressor)]
        }
        return taken
    }

    /// What continues `head` and does not go beyond the cut-off.
    static func trimmed(
        _ blocks: [Block],
        after head: FeedHead,
        bound: Roster.Bound
    ) throws(FormatError) -> [Block] {
        var inflater = Inflater()
        var result: [Block] = []
        var end = head
        for block in blocks {
            guard var rest = try block.dropping(through: end.position, using: &inflater) else { continue }
            if case .until(let cutOff) = bound, rest.header.lastPosition > cutOff.position {
                guard end.position < cutOff.position,
                    let kept = try rest.slice(end.position + 1...cutOff.position, after: end, using: &inflater).block
                else { break }
                rest = kept
            }
            result.append(rest)
            end = rest.header.head
        }
        return result
    }

    private static func cut(
        _ block: Block,
        after head: FeedHead,
        limitBytes: Int,
        using compressor: inout PieceCompressor
    ) throws(FormatError) -> Block {
        // Assume a part compresses as well as the whole, and a little worse.
        let share = Double(max(limitBytes - BlockHeader.lengthBytes, 64)) / Double(block.header.storedLengthBytes)
        let raw = Int(Double(block.header.rawLengthBytes) * share * 0.8)
        let rawBytesMaximum = min(max(raw, 1), Limits.blockRawBytes)
        return try rebuilt([block], after: head, rawBytesMaximum: rawBytesMaximum, using: &compressor)
    }

    /// The first entries of some blocks as one compressed block; at least one entry.
    private static func rebuilt(
        _ blocks: [Block],
        after head: FeedHead,
        rawBytesMaximum: Int,
        using compressor: inout PieceCompressor
    ) throws(FormatError) -> Block {
        var inflater = Inflater()
        var builder = BlockBuilder(after: head)
        var failure: FormatError?
        for block in blocks {
            try block.forEachEntry(using: &inflater) { _, entry in
                if builder.rawLengthBytes > 0, builder.rawLengthBytes + 4 + entry.byteCount > rawBytesMaximum {
                    return false
                }
                do throws(FormatError) {
                    _ = try builder.append(entry)
                } catch {
                    failure = error
                }
                return failure == nil
            }
            if let failure { throw failure }
            if builder.head.position < block.header.lastPosition { break }
            guard builder.head == block.header.head else { throw .chain }
        }
        guard let result = compressor.finish(&builder) else { throw .empty }
        return result
    }
}
