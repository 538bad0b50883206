import Crypto

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
        var hasher = SHA256()
        var start = Array("abscope feed 1".utf8)
        start.append(contentsOf: key.bytes)
        start.append(identifier: epoch.value)
        start.append(lane.rawValue)
        unsafe start.withUnsafeBytes { unsafe hasher.update(bufferPointer: $0) }
        head = FeedHead(position: 0, digest: ChainDigest(hasher.finalize()))
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
    /// - Complexity: One SHA-256 over 36 bytes and the entry; no allocation of ours.
    @discardableResult
    package mutating func append(_ entry: [UInt8]) -> ChainDigest {
        append(unsafe entry.span.bytes)
    }

    /// Adds an entry, given as a piece of memory.
    @discardableResult
    package mutating func append(_ entry: RawSpan) -> ChainDigest {
        var hasher = SHA256()
        hasher.update(head.digest)
        unsafe withUnsafeBytes(of: UInt32(truncatingIfNeeded: entry.byteCount).littleEndian) { length in
            unsafe hasher.update(bufferPointer: length)
        }
        hasher.update(entry)
        return advance(hasher.finalize())
    }

    /// Adds an entry that lies in memory right behind its length field, as it does in a block.
    ///
    /// Digest and entry are brought together first: for entries as short as records are, a second call of the hash costs
    /// more than copying them.
    mutating func append(framed: RawSpan) -> ChainDigest {
        let digest = head.digest
        let length = ChainDigest.lengthBytes + framed.byteCount
        let next = unsafe withUnsafeTemporaryAllocation(byteCount: length, alignment: 8) { buffer in
            digest.withBytes { unsafe $0.withUnsafeBytes { unsafe buffer.copyMemory(from: $0) } }
            unsafe framed.withUnsafeBytes {
                unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[ChainDigest.lengthBytes...]).copyMemory(from: $0)
            }
            var hasher = SHA256()
            unsafe hasher.update(bufferPointer: UnsafeRawBufferPointer(buffer))
            return hasher.finalize()
        }
        return advance(next)
    }

    private mutating func advance(_ digest: SHA256.Digest) -> ChainDigest {
        head = FeedHead(position: head.position + 1, digest: ChainDigest(digest))
        return head.digest
    }
}

extension SHA256 {
    fileprivate mutating func update(_ digest: ChainDigest) {
        digest.withBytes { update($0) }
    }

    fileprivate mutating func update(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { unsafe update(bufferPointer: $0) }
    }
}
