extension Block {
    /// Goes through the entries without checking the chain.
    ///
    /// - Parameters:
    ///   - inflater: Working memory, reused from block to block.
    ///   - body: Gets position and bytes of each entry and says whether to go on.
    /// - Throws: `.deflateBroken`, `.inflateBeyondDeclared`, `.unknownDictionary`, `.inconsistent`, `.tooLarge`, `.empty`.
    /// - Complexity: One inflate; no allocation for each entry.
    package func forEachEntry(
        using inflater: inout Inflater,
        _ body: (_ position: UInt64, _ entry: RawSpan) -> Bool
    ) throws(FormatError) {
        try withRaw(using: &inflater) { raw throws(FormatError) in
            try header.walk(raw) { position, framed in
                body(position, framed.extracting(4..<framed.byteCount))
            }
        }
    }

    /// Goes through the entries and computes the chain, and throws at the end when it is not the stated one.
    ///
    /// What `body` got is proven to be the feed's only when this returns; callers collect first and hand on after. When
    /// `body` ends the walk, what came before is unproven and the head of that moment is returned.
    ///
    /// - Parameters:
    ///   - head: Where the block must continue.
    ///   - inflater: Working memory, reused from block to block.
    ///   - body: Gets position, digest after it and bytes of each entry and says whether to go on.
    /// - Returns: The head after the last entry seen.
    /// - Throws: as ``forEachEntry(using:_:)``; `.notNext`, `.chain`.
    @discardableResult
    package func forEachEntry(
        after head: FeedHead,
        using inflater: inout Inflater,
        _ body: (_ position: UInt64, _ digest: ChainDigest, _ entry: RawSpan) -> Bool
    ) throws(FormatError) -> FeedHead {
        var position = head.position
        return try forEachFramedEntry(after: head, using: &inflater) { digest, framed in
            position += 1
            return body(position, digest, framed.extracting(4..<framed.byteCount))
        }
    }

    /// The same with the length field before each entry, as entries lie in a block.
    func forEachFramedEntry(
        after head: FeedHead,
        using inflater: inout Inflater,
        _ body: (_ digest: ChainDigest, _ framed: RawSpan) -> Bool
    ) throws(FormatError) -> FeedHead {
        var reached = head
        try withRaw(using: &inflater) { raw throws(FormatError) in
            reached = try header.prove(raw, after: head, body)
        }
        return reached
    }

    /// Proves that the block holds the entries that follow `head`, by computing the chain over them.
    ///
    /// - Returns: The head after the block.
    /// - Throws: as ``forEachEntry(after:using:_:)``.
    package func verified(after head: FeedHead, using inflater: inout Inflater) throws(FormatError) -> FeedHead {
        try forEachEntry(after: head, using: &inflater) { _, _, _ in true }
    }

    /// The entries after `position` as a plain block of their own; the block itself when that is all of them.
    ///
    /// The digest stays that of the last entry, so the rest proves itself after the head at `position`.
    ///
    /// - Returns: nil when no entry is left.
    /// - Throws: as ``forEachEntry(using:_:)``.
    package func dropping(through position: UInt64, using inflater: inout Inflater) throws(FormatError) -> Block? {
        if position < header.firstPosition { return self }
        if position >= header.lastPosition { return nil }
        var rest: [UInt8] = []
        try forEachEntry(using: &inflater) { current, entry in
            if current > position {
                rest.append(littleEndian: UInt32(entry.byteCount))
                rest.append(contentsOf: entry)
            }
            return true
        }
        return Block(
            header: BlockHeader(
                firstPosition: position + 1,
                count: UInt32(header.lastPosition - position),
                rawLengthBytes: UInt32(rest.count),
                storedLengthBytes: UInt32(rest.count),
                method: .plain,
                storedChecksum: Checksum.of(unsafe rest.span.bytes),
                digest: header.digest
            ),
            stored: rest
        )
    }

    /// The entries with their length fields, as they lie in the block before compression; the chain is not checked.
    ///
    /// - Parameters:
    ///   - inflater: Working memory, reused from block to block.
    ///   - body: Gets position and bytes of each entry with its length field and says whether to go on.
    /// - Returns: All of them.
    /// - Throws: as ``forEachEntry(using:_:)``.
    package func raw(
        using inflater: inout Inflater,
        _ body: (_ position: UInt64, _ framed: RawSpan) -> Bool = { _, _ in true }
    ) throws(FormatError) -> [UInt8] {
        let bytes: [UInt8]
        switch header.method {
        case .plain:
            bytes = stored
        case .deflate(let id):
            guard let dictionary = PresetDictionary(id: id) else { throw .unknownDictionary }
            bytes = try inflater.inflated(
                unsafe stored.span.bytes,
                rawLengthBytes: Int(header.rawLengthBytes),
                dictionary: dictionary
            )
        }
        try header.walk(bytes, body)
        return bytes
    }

    /// Gives the raw bytes: those stored, or what the inflater makes of them.
    func withRaw(
        using inflater: inout Inflater,
        _ body: (RawSpan) throws(FormatError) -> Void
    ) throws(FormatError) {
        try header.withRaw(of: unsafe stored.span.bytes, using: &inflater, body)
    }
}

extension BlockHeader {
    /// Gives the raw bytes that the stored ones stand for.
    func withRaw(
        of stored: RawSpan,
        using inflater: inout Inflater,
        _ body: (RawSpan) throws(FormatError) -> Void
    ) throws(FormatError) {
        switch method {
        case .plain:
            try body(stored)
        case .deflate(let id):
            guard let dictionary = PresetDictionary(id: id) else { throw .unknownDictionary }
            try inflater.inflate(stored, rawLengthBytes: Int(rawLengthBytes), dictionary: dictionary)
            try body(unsafe inflater.raw.span.bytes)
        }
    }

    /// Goes through the block's raw bytes and computes the chain, and throws at the end when it is not the stated one.
    ///
    /// - Parameters:
    ///   - raw: What the block's stored bytes give.
    ///   - head: Where the block must continue.
    ///   - body: Gets the digest after each entry and the entry with its length field, and says whether to go on.
    /// - Returns: The head after the last entry seen.
    /// - Throws: `.notNext`, `.chain`; `.inconsistent`, `.tooLarge`, `.empty`.
    package func prove(
        _ raw: RawSpan,
        after head: FeedHead,
        _ body: (_ digest: ChainDigest, _ framed: RawSpan) -> Bool = { _, _ in true }
    ) throws(FormatError) -> FeedHead {
        guard head.position < Limits.position, firstPosition == head.position + 1 else { throw .notNext }
        var chain = FeedChain(continuing: head)
        let isWhole = try walk(raw) { _, framed in body(chain.append(framed: framed), framed) }
        if isWhole, chain.head.digest != digest, !SeededBug.chainNotChecked.isPlanted { throw .chain }
        return chain.head
    }

    /// The same for raw bytes in an array.
    package func prove(
        _ raw: [UInt8],
        after head: FeedHead,
        _ body: (_ digest: ChainDigest, _ framed: RawSpan) -> Bool = { _, _ in true }
    ) throws(FormatError) -> FeedHead {
        try prove(unsafe raw.span.bytes, after: head, body)
    }

    /// As ``walk(_:_:)-(RawSpan,_)``.
    @discardableResult
    func walk(
        _ raw: [UInt8],
        _ body: (_ position: UInt64, _ framed: RawSpan) -> Bool
    ) throws(FormatError) -> Bool {
        try walk(unsafe raw.span.bytes, body)
    }

    /// Goes through raw bytes entry by entry, each with its length field.
    ///
    /// - Returns: False when `body` ended the walk.
    /// - Throws: `.inconsistent` when lengths and count do not use up `raw` exactly, `.empty`, `.tooLarge`.
    @discardableResult
    func walk(
        _ raw: RawSpan,
        _ body: (_ position: UInt64, _ framed: RawSpan) -> Bool
    ) throws(FormatError) -> Bool {
        guard raw.byteCount == Int(rawLengthBytes) else { throw .inconsistent }
        var offset = 0
        for index in 0..<count {
            guard raw.byteCount - offset >= 4 else { throw .inconsistent }
            let length = Int(raw.uint32(at: offset))
            guard length > 0 else { throw .empty }
            guard length <= Limits.entryBytes else { throw .tooLarge }
            guard raw.byteCount - offset - 4 >= length else { throw .inconsistent }
            let end = offset + 4 + length
            guard body(firstPosition + UInt64(index), raw.extracting(offset..<end)) else { return false }
            offset = end
        }
        guard offset == raw.byteCount else { throw .inconsistent }
        return true
    }
}

extension Block {
    /// The entries at some of the block's positions as a plain block of their own, proven on the way.
    ///
    /// - Parameters:
    ///   - positions: Those wanted; what lies outside of the block is ignored.
    ///   - head: The head before the block.
    ///   - inflater: Working memory, reused from block to block.
    /// - Returns: The head before the first entry kept, and the block; itself when all entries are kept. The block is nil
    ///   when none is.
    /// - Throws: as ``forEachEntry(after:using:_:)``.
    package func slice(
        _ positions: ClosedRange<UInt64>,
        after head: FeedHead,
        using inflater: inout Inflater
    ) throws(FormatError) -> (before: FeedHead, block: Block?) {
        var before = head
        var last = head
        var kept: [UInt8] = []
        var count: UInt32 = 0
        try forEachEntry(after: head, using: &inflater) { position, digest, entry in
            if positions.contains(position) {
                kept.append(littleEndian: UInt32(entry.byteCount))
                kept.append(contentsOf: entry)
                count += 1
                last = FeedHead(position: position, digest: digest)
            } else if position < positions.lowerBound {
                before = FeedHead(position: position, digest: digest)
            }
            return true
        }
        guard count > 0 else { return (before, nil) }
        if count == header.count { return (head, self) }
        let header = BlockHeader(
            firstPosition: before.position + 1,
            count: count,
            rawLengthBytes: UInt32(kept.count),
            storedLengthBytes: UInt32(kept.count),
            method: .plain,
            storedChecksum: Checksum.of(kept),
            digest: last.digest
        )
        return (before, Block(header: header, stored: kept))
    }
}
