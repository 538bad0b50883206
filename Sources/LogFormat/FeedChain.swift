/// The hash chain of a feed, entry by entry.
///
/// `h(0) = SHA-256("abscope feed 1" || site key || epoch || lane)` and
/// `h(n) = SHA-256(h(n-1) || length || entry)`, the length in 4 bytes, least significant first. Equal digests at equal
/// positions prove equal history.
package struct FeedChain: Hashable, Sendable {
    /// Position and digest after the last entry added.
    package private(set) var head: FeedHead

    /// The chain of a feed without entries.
    package init(key: SitePublicKey, epoch: EpochID, lane: Lane) {
        var start = Array("abscope feed 1".utf8)
        start.append(contentsOf: key.bytes)
        start.append(identifier: epoch.value)
        start.append(lane.rawValue)
        head = FeedHead(position: 0, digest: ChainDigest(hashing: unsafe start.span.bytes))
    }

    /// The chain from a known head on.
    package init(continuing head: FeedHead) {
        self.head = head
    }

    /// The head of a feed without entries.
    package static func start(key: SitePublicKey, epoch: EpochID, lane: Lane) -> FeedHead {
        FeedChain(key: key, epoch: epoch, lane: lane).head
    }

    /// Adds an entry.
    ///
    /// - Parameter entry: Its bytes, without the length field.
    /// - Returns: The digest after it.
    /// - Complexity: One SHA-256 over 36 bytes and the entry.
    @discardableResult
    package mutating func append(_ entry: [UInt8]) -> ChainDigest {
        append(unsafe entry.span.bytes)
    }

    /// Adds an entry, given as a piece of memory.
    @discardableResult
    package mutating func append(_ entry: RawSpan) -> ChainDigest {
        unsafe withUnsafeTemporaryAllocation(byteCount: 4 + entry.byteCount, alignment: 8) { buffer in
            unsafe buffer.storeBytes(of: UInt32(truncatingIfNeeded: entry.byteCount).littleEndian, as: UInt32.self)
            unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[4...]).copy(entry)
            return append(framed: unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(buffer)))
        }
    }

    /// Adds an entry that lies in memory right behind its length field, as it does in a block.
    ///
    /// Digest and entry are brought together first: for entries as short as records are, giving a hash two pieces costs more
    /// than copying them.
    @discardableResult
    mutating func append(framed: RawSpan) -> ChainDigest {
        let digest = head.digest
        let length = ChainDigest.lengthBytes + framed.byteCount
        let next = unsafe withUnsafeTemporaryAllocation(byteCount: length, alignment: 8) { buffer in
            digest.withBytes { unsafe buffer.copy($0) }
            unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[ChainDigest.lengthBytes...]).copy(framed)
            return ChainDigest(hashing: unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(buffer)))
        }
        head = FeedHead(position: head.position + 1, digest: next)
        return next
    }
}

extension UnsafeMutableRawBufferPointer {
    fileprivate func copy(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { unsafe copyMemory(from: $0) }
    }
}
