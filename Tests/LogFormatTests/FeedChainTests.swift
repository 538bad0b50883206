import LogFormat
import Testing

@Suite("Feed chain")
struct FeedChainTests {
    private struct Vector: Decodable {
        struct Step: Decodable { var entry, digest: Hex }
        var key, site, epoch, start: Hex
        var lane: UInt8
        var entries: [Step]
    }

    @Test("Start and every digest are those of the published vector")
    func vector() throws {
        let vector = try vectors("chain.json", as: Vector.self)
        let key = try #require(SitePublicKey(vector.key.bytes))
        #expect(key.siteID.bytes == vector.site.bytes)
        #expect(key == (try Fixture.key()))
        var chain = FeedChain(
            key: key,
            epoch: try #require(EpochID(vector.epoch.bytes)),
            lane: try #require(Lane(rawValue: vector.lane))
        )
        #expect(chain.head.position == 0)
        #expect(chain.head.digest.bytes == vector.start.bytes)
        for (index, step) in vector.entries.enumerated() {
            #expect(chain.append(step.entry.bytes).bytes == step.digest.bytes)
            #expect(chain.head.position == UInt64(index + 1))
        }
    }

    @Test("Key, epoch and lane each give a chain of their own")
    func startsDiffer() throws {
        let key = try Fixture.key()
        let other = try #require(SitePublicKey([UInt8](repeating: 7, count: 32)))
        let epoch = try Fixture.feed().epoch
        let later = try #require(EpochID([UInt8](repeating: 9, count: 8)))
        let starts = [
            FeedChain.start(key: key, epoch: epoch, lane: .records),
            FeedChain.start(key: other, epoch: epoch, lane: .records),
            FeedChain.start(key: key, epoch: later, lane: .records),
            FeedChain.start(key: key, epoch: epoch, lane: .urgent),
        ]
        #expect(Set(starts).count == starts.count)
    }

    @Test("Moving a byte over the border between two entries changes the chain")
    func bordersCount() throws {
        var first = FeedChain(continuing: try Fixture.start())
        first.append([1, 2])
        first.append([3])
        var second = FeedChain(continuing: try Fixture.start())
        second.append([1])
        second.append([2, 3])
        #expect(first.head != second.head)
    }

    @Test("A digest gives back the bytes it was made from, and only 32 are one")
    func digestBytes() throws {
        let bytes = Array<UInt8>(100..<132)
        let digest = try #require(ChainDigest(bytes))
        #expect(digest.bytes == bytes)
        #expect(digest.prefix == 0x6465_6667_6869_6a6b)
        #expect(ChainDigest(bytes.dropLast()) == nil)
        #expect(ChainDigest(bytes + [0]) == nil)
    }
}
