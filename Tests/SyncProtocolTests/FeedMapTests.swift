import LogFormat
import TestSupport
import Testing

@testable import SyncProtocol

@Suite("Values by feed")
struct FeedMapTests {
    /// Of few sites, so that one part holds several.
    private static func feed(_ generator: inout SplitMix64) throws -> FeedID {
        let kinds: [UInt8] = [0, 1, 254, 255]
        var site = [UInt8](repeating: 0, count: 16)
        site[0] = kinds[Int(generator.next() % 4)]
        site[15] = UInt8(generator.next() % 3)
        return FeedID(
            site: try #require(SiteID(site)),
            epoch: try #require(EpochID([UInt8](repeating: 0, count: 7) + [UInt8(generator.next() % 2)])),
            lane: Lane.allCases[Int(generator.next() % 4)]
        )
    }

    private func expect(_ map: FeedMap<Int>, equals plain: [FeedID: Int]) {
        #expect(map.count == plain.count && map.isEmpty == plain.isEmpty)
        let sorted = plain.sorted { $0.key < $1.key }
        #expect(map.map { $0.feed } == sorted.map(\.key) && map.map { $0.value } == sorted.map { $0.value })
        for site in Set(plain.keys.map(\.site)) {
            #expect(map.entries(of: site).map { $0.feed } == sorted.map(\.key).filter { $0.site == site })
        }
    }

    @Test("It is a dictionary in order; a copy that is changed changes nothing else", arguments: 0..<8 as Range<UInt64>)
    func asDictionary(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        var (map, plain) = (FeedMap<Int>(), [FeedID: Int]())
        var (copy, copied) = (map, plain)
        for step in 0..<600 {
            let feed = try Self.feed(&generator)
            let value = generator.next() % 4 == 0 ? nil : Int(generator.next() % 3)
            (map[feed], plain[feed]) = (value, value)
            #expect(map[feed] == plain[feed])
            if step % 37 == 0 { (copy, copied) = (map, plain) }
            if step % 60 == 0 {
                expect(map, equals: plain)
                expect(copy, equals: copied)
            }
        }
        for feed in plain.keys { map[feed] = nil }
        #expect(map == FeedMap() && map.hashValue == FeedMap<Int>().hashValue)
    }

    @Test("What two hold otherwise is found, and what is shared says the same", arguments: 0..<8 as Range<UInt64>)
    func differences(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed &+ 100)
        var (one, two) = (FeedMap<Int>(), FeedMap<Int>())
        for round in 0..<60 {
            if round % 7 == 0 { two = one }
            for _ in 0..<Int(generator.next() % 6) {
                one[try Self.feed(&generator)] = generator.next() % 3 == 0 ? nil : Int(generator.next() % 3)
                two[try Self.feed(&generator)] = generator.next() % 3 == 0 ? nil : Int(generator.next() % 3)
            }
            let feeds = Set(one.map { $0.feed } + two.map { $0.feed }).sorted()
            var (found, pairs): ([FeedID], [FeedID]) = ([], [])
            one.forEachDifference(from: two) { feed, here, there in
                found.append(feed)
                #expect(here == one[feed] && there == two[feed])
            }
            one.forEachPair(with: two) { feed, here, there in
                pairs.append(feed)
                #expect(here == one[feed] && there == two[feed])
            }
            #expect(found == feeds.filter { one[$0] != two[$0] })
            #expect(pairs == feeds)
            #expect((one == two) == found.isEmpty)
            let before = Array(one.map { $0.value })
            one.share(two)
            #expect(one.map { $0.value } == before)
            // Where any will do, those of the same feeds are taken.
            var any = one
            any.share(two) { _, _ in true }
            #expect(any.map { $0.feed } == one.map { $0.feed })
            for (feed, value) in any { #expect(value == one[feed] || value == two[feed]) }
        }
    }

    @Test("Of what two maps share already no value is looked at")
    func shared() throws {
        func feed(_ number: Int) throws -> FeedID {
            var site = [UInt8](repeating: 0, count: 16)
            (site[0], site[15]) = (UInt8(number % 256), UInt8(number / 256))
            return FeedID(
                site: try #require(SiteID(site)),
                epoch: try #require(EpochID([UInt8](repeating: 1, count: 8))),
                lane: .records
            )
        }
        var map = FeedMap<Int>()
        for number in 0..<768 { map[try feed(number)] = number }
        var copy = map
        copy[try feed(700)] = 0
        var looks = 0
        copy.share(map) { here, there in
            looks += 1
            return here == there
        }
        #expect(looks > 0 && looks <= 3, "its part holds three")
        #expect(try copy[feed(700)] == 0 && map[feed(700)] == 700)
    }

    @Test("The digest of a vector follows its rows, in whatever order they came", arguments: 0..<4 as Range<UInt64>)
    func digests(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed &+ 200)
        var vector = HaveVector()
        #expect(vector.digest == [UInt8](repeating: 0, count: 16))
        for _ in 0..<200 {
            let head = FeedHead(
                position: 1 + generator.next() % 3,
                digest: try #require(ChainDigest([UInt8](repeating: UInt8(generator.next() % 2), count: 32)))
            )
            let feed = try Self.feed(&generator)
            let row = HaveRow(position: head.position, digest: ShortDigest(head.digest), bytes: generator.next() % 5)
            let known = vector.head(of: feed)
            vector[feed] = generator.next() % 4 == 0 ? nil : row
            // The whole digest stays with the end it belongs to.
            #expect(vector.head(of: feed) == (vector[feed] != nil && known == head ? known : nil))
            if generator.next() % 2 == 0 { vector.note(head, of: feed) }
            #expect(vector.head(of: feed).map { $0 == head } ?? true)
            var other = HaveVector()
            for (feed, row) in vector.reversed() {
                other[feed] = HaveRow(position: row.position, digest: row.digest, bytes: 0)
            }
            #expect(other.digest == vector.digest && other.count == vector.count)
        }
        let digest = vector.digest
        let feed = try #require(vector.first { _ in true }?.feed)
        vector[feed]?.position += 7
        #expect(vector.digest != digest)
    }
}
