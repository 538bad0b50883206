import Crypto
package import LogFormat

/// A feed of another site as its origin has it, and another history that begins with the same entries: what a peer can
/// send to a store, right or wrong.
package struct PeerFeed: Sendable {
    package let feed: FeedID
    package let key: SitePublicKey
    package let registry: RegistryID
    package let entries: [[UInt8]]
    /// The head after each position, 0 included.
    package let heads: [FeedHead]
    /// As a peer sends them: of one to three entries, plain and deflated.
    package let blocks: [Block]
    /// One for each position from 1 on.
    package let checkpoints: [Checkpoint]
    /// The heads of the history that nobody signed; the same as ``heads`` up to ``forkPosition``.
    package let otherHeads: [FeedHead]
    /// Its blocks behind ``forkPosition``, which is the end of a block of both.
    package let otherBlocks: [Block]
    /// The last position at which both histories are the same.
    package let forkPosition: UInt64

    /// - Parameters:
    ///   - count: Entries of the origin.
    ///   - registry: Of which its checkpoints speak.
    ///   - seed: Everything comes from it, the key too.
    /// - Throws: What the format refuses.
    package init(count: Int, registry: RegistryID, seed: UInt64) throws {
        var numbers = SplitMix64(seed: seed)
        let signing = try Curve25519.Signing.PrivateKey(rawRepresentation: numbers.bytes(32))
        key = SitePublicKey(signing.publicKey)
        guard let epoch = EpochID(numbers.bytes(EpochID.lengthBytes)) else {
            preconditionFailure("so many bytes are an epoch")
        }
        feed = FeedID(site: key.siteID, epoch: epoch, lane: .records)
        self.registry = registry
        entries = (0..<count).map { Array("fraction \($0) given ".utf8) + numbers.bytes(40 + numbers.below(200)) }
        let start = FeedChain.start(key: key, epoch: epoch, lane: .records)
        var chain = FeedChain(continuing: start)
        heads =
            [start]
            + entries.map {
                chain.append($0); return chain.head
            }
        let all = heads
        blocks = try Self.blocks(of: entries[...], after: start, &numbers)
        let half = blocks[blocks.count / 2].header.lastPosition
        forkPosition = half
        let others = entries[Int(half)...].map { Array("another ".utf8) + $0 }
        otherBlocks = try Self.blocks(of: others[...], after: all[Int(half)], &numbers)
        var otherChain = FeedChain(continuing: all[Int(half)])
        otherHeads =
            all[...Int(half)]
            + others.map {
                otherChain.append($0); return otherChain.head
            }
        let (feed, registry) = (feed, registry)
        checkpoints = try heads.dropFirst().map {
            try Checkpoint(signing: $0, of: feed, registry: registry, with: signing)
        }
    }

    private static func blocks(
        of entries: ArraySlice<[UInt8]>,
        after head: FeedHead,
        _ numbers: inout SplitMix64
    ) throws(FormatError) -> [Block] {
        var blocks: [Block] = []
        var head = head
        var rest = entries
        var deflater = Deflater()
        while !rest.isEmpty {
            let made = try Block.plain(Array(rest.prefix(1 + numbers.below(3))), after: head).blocks
            for block in made {
                rest = rest.dropFirst(Int(block.header.count))
                head = block.header.head
                blocks.append(numbers.chance(1, in: 3) ? block.deflated(using: &deflater) : block)
            }
        }
        return blocks
    }

    /// A block that is whole in itself and says that it comes after `head`, with a chain that does not.
    ///
    /// - Returns: nil behind the last position there is.
    /// - Throws: What the format refuses.
    package func forged(after head: FeedHead) throws(FormatError) -> Block? {
        guard head.position < entries.count else { return nil }
        let elsewhere = FeedHead(position: head.position, digest: heads[heads.count - 1].digest)
        return try Block.plain([entries[Int(head.position)]], after: elsewhere).blocks.first
    }

    /// What a peer sends to somebody who stands at `head`: the blocks behind it, the first cut where it must be.
    ///
    /// - Parameters:
    ///   - head: A head of one of the two histories.
    ///   - isOther: Of the history that nobody signed.
    /// - Returns: Empty when `head` is not of that history, or its end.
    /// - Throws: What the format refuses.
    package func blocks(after head: FeedHead, isOther: Bool = false) throws(FormatError) -> [Block] {
        guard head == (isOther ? otherHeads : heads)[Int(head.position)] else { return [] }
        if isOther, head.position < forkPosition { return [] }
        var inflater = Inflater()
        var rest: [Block] = []
        for block in isOther ? otherBlocks : blocks {
            if let block = try block.dropping(through: head.position, using: &inflater) { rest.append(block) }
        }
        return rest
    }
}
