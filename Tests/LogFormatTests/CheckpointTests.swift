import Crypto
import LogFormat
import Testing

@Suite("Checkpoints, signatures and frontiers")
struct CheckpointTests {
    private struct Vector: Decodable {
        var registry, foundingEntry, digest, encoded: Hex
        var position: UInt64
    }

    private struct FrontierVector: Decodable {
        struct Row: Decodable {
            var site, epoch, digest: Hex
            var lane: UInt8
            var position: UInt64
        }
        var rows: [Row]
        var digest, empty: Hex
    }

    private func checkpoint(position: UInt64 = 12) throws -> Checkpoint {
        try Checkpoint(
            signing: FeedHead(position: position, digest: Fixture.start().digest),
            of: Fixture.feed(),
            registry: RegistryID(foundedBy: [1, 2, 3]),
            with: Fixture.privateKey()
        )
    }

    @Test("The published checkpoint reads as published, and its signature holds")
    func vector() throws {
        let vector = try vectors("checkpoint.json", as: Vector.self)
        let read = try Checkpoint(decoding: vector.encoded.bytes)
        #expect(read.encoded == vector.encoded.bytes)
        #expect(read.registry.bytes == vector.registry.bytes)
        #expect(read.registry == RegistryID(foundedBy: vector.foundingEntry.bytes))
        #expect(read.feed == (try Fixture.feed()))
        #expect(
            read.head == FeedHead(position: vector.position, digest: try #require(ChainDigest(vector.digest.bytes)))
        )
        try read.verify(key: Fixture.key())
    }

    @Test("A signed checkpoint holds for its key and for nothing else")
    func signing() throws {
        let made = try checkpoint()
        try made.verify(key: Fixture.key())
        #expect(try Checkpoint(decoding: made.encoded) == made)
        let other = SitePublicKey(Curve25519.Signing.PrivateKey().publicKey)
        #expect(throws: FormatError.key) { try made.verify(key: other) }
        let registry = RegistryID(foundedBy: [9])
        let altered = [
            try Checkpoint(registry: registry, feed: made.feed, head: made.head, signature: made.signature),
            try Checkpoint(
                registry: made.registry,
                feed: try Fixture.feed(.urgent),
                head: made.head,
                signature: made.signature
            ),
            try Checkpoint(
                registry: made.registry,
                feed: made.feed,
                head: FeedHead(position: 13, digest: made.head.digest),
                signature: made.signature
            ),
        ]
        for checkpoint in altered {
            #expect(throws: FormatError.signature) { try checkpoint.verify(key: Fixture.key()) }
        }
    }

    @Test("Nobody signs for another site, nor for an empty feed")
    func signingRefused() throws {
        let head = FeedHead(position: 1, digest: try Fixture.start().digest)
        let registry = RegistryID(foundedBy: [1])
        #expect(throws: FormatError.key) {
            try Checkpoint(signing: head, of: Fixture.feed(), registry: registry, with: .init())
        }
        #expect(throws: FormatError.position) { try checkpoint(position: 0) }
    }

    @Test("Any flipped bit and any cut of an encoded checkpoint is refused")
    func damage() throws {
        let made = try checkpoint()
        let flips = acceptedFlips(of: made.encoded, original: made) { bytes throws(FormatError) in
            try Checkpoint(decoding: bytes)
        }
        #expect(flips == [])
        for length in 0..<Checkpoint.lengthBytes {
            #expect(throws: FormatError.truncated) { try Checkpoint(decoding: Array(made.encoded.prefix(length))) }
        }
    }

    @Test("The same content signed for one purpose is not a statement for another")
    func contexts() throws {
        let key = try Fixture.privateKey()
        let registry = RegistryID(foundedBy: [1])
        for context in SignatureContext.allCases {
            let message = context.message(registry: registry, content: [1, 2, 3])
            let signature = [UInt8](try key.signature(for: message))
            for other in SignatureContext.allCases {
                let shown = other.message(registry: registry, content: [1, 2, 3])
                #expect(try Fixture.key().isValidSignature(signature, for: shown) == (other == context))
            }
            let nowhere = context.message(registry: nil, content: [1, 2, 3])
            #expect(try !Fixture.key().isValidSignature(signature, for: nowhere))
            #expect(try !Fixture.key().isValidSignature(Array(signature.dropLast()), for: message))
        }
        let nonsense = try #require(SitePublicKey([UInt8](repeating: 0xff, count: 32)))
        #expect(!nonsense.isValidSignature([UInt8](repeating: 0, count: 64), for: [1]))
    }

    // MARK: - Frontier

    @Test("The digest of a frontier is the published one, whatever the order of the rows")
    func frontier() throws {
        let vector = try vectors("frontier.json", as: FrontierVector.self)
        let rows = try vector.rows.map { row in
            Frontier.Row(
                feed: FeedID(
                    site: try #require(SiteID(row.site.bytes)),
                    epoch: try #require(EpochID(row.epoch.bytes)),
                    lane: try #require(Lane(rawValue: row.lane))
                ),
                head: FeedHead(position: row.position, digest: try #require(ChainDigest(row.digest.bytes)))
            )
        }
        for order in [rows, rows.reversed(), [rows[2], rows[0], rows[3], rows[1]]] {
            #expect(Frontier(order).digest.bytes == vector.digest.bytes)
        }
        #expect(Frontier([]).digest.bytes == vector.empty.bytes)
        let frontier = Frontier(rows)
        for row in rows { #expect(frontier[row.feed] == row.head) }
        for site in Set(rows.map(\.feed.site)) {
            #expect(Array(frontier.rows(of: site)) == frontier.rows.filter { $0.feed.site == site })
        }
        #expect(Frontier([]).rows(of: rows[0].feed.site).isEmpty)
        #expect(frontier[try Fixture.feed(.attachments)] == nil)
        #expect(Frontier([])[rows[0].feed] == nil)
    }

    @Test("A feed without entries is no part of a frontier; any difference in another changes the digest")
    func frontierDifferences() throws {
        let head = FeedHead(position: 2, digest: try Fixture.start().digest)
        let one = Frontier([.init(feed: try Fixture.feed(), head: head)])
        let with = Frontier([
            .init(feed: try Fixture.feed(), head: head),
            .init(feed: try Fixture.feed(.urgent), head: try Fixture.start()),
        ])
        #expect(one == with)
        #expect(one.digest != Frontier([.init(feed: try Fixture.feed(.urgent), head: head)]).digest)
        let further = FeedHead(position: 3, digest: head.digest)
        #expect(one.digest != Frontier([.init(feed: try Fixture.feed(), head: further)]).digest)
        #expect(FrontierDigest(one.digest.bytes) == one.digest)
        #expect(FrontierDigest(one.digest.bytes.dropLast()) == nil)
    }

    @Test("A reference is the first eight bytes of the digest at its position")
    func references() throws {
        var chain = FeedChain(continuing: try Fixture.start())
        let digest = chain.append([1])
        let reference = EntryReference(feed: try Fixture.feed(), head: chain.head)
        #expect(reference.position == 1)
        #expect(reference.matches(digest))
        #expect(!reference.matches(try Fixture.start().digest))
        #expect(Array(digest.bytes.prefix(8)) == reference.digestPrefix.bytes)
    }
}

extension UInt64 {
    /// Most significant first.
    fileprivate var bytes: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: self >> (56 - 8 * UInt64($0))) } }
}
