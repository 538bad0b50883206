import LogFormat
import SyncProtocol
import TestSupport
import Testing

@Suite("Many sites in virtual time")
struct SyncSimulationTests {
    private static let satellite = SimulatedNetwork.Quality(latencyMilliseconds: 300, bytesPerSecond: 32_000)
    private static let lan = SimulatedNetwork.Quality(latencyMilliseconds: 1, bytesPerSecond: 10_000_000)

    /// Entries that compress badly.
    private static func entries(_ count: Int, of size: Int = 200, _ generator: inout SplitMix64) -> [[UInt8]] {
        (0..<count).map { _ in generator.bytes(size) }
    }

    @Test("a new site learns the roster and both end equal; then nothing is sent")
    func converges() throws {
        var generator = SplitMix64(seed: 1)
        let clinics = try Clinics(2, seed: 1)
        _ = try clinics.sites[0].append(Self.entries(300, &generator), to: .records)
        _ = try clinics.sites[1].append(Self.entries(100, &generator), to: .records)
        let link = try clinics.network.connect(clinics.sites[1], clinics.sites[0], Self.satellite)
        try clinics.network.run(milliseconds: 30_000)
        #expect(link.ends.map(\.closed) == [nil, nil])
        #expect(clinics.areEqual)
        #expect(link.ends[0].session.status.word == .inSync)
        #expect(link.ends[1].session.status.word == .inSync)
        let sent = link.ends.map(\.sentBytes)
        try clinics.network.run(milliseconds: 600_000)
        #expect(link.ends.map(\.sentBytes) == sent)
        #expect(link.ends.map(\.closed) == [nil, nil])
        try clinics.network.append(Self.entries(1, &generator), to: .urgent, at: clinics.sites[1])
        try clinics.network.run(milliseconds: 3000)
        #expect(clinics.areEqual)
        #expect(clinics.network.violations == [])
    }

    @Test("an urgent entry overtakes a bulk transfer within a round trip and about a second of the link")
    func urgent() throws {
        var generator = SplitMix64(seed: 2)
        let clinics = try Clinics(2, seed: 2)
        _ = try clinics.sites[0].append(Self.entries(5000, &generator), to: .records)
        let link = try clinics.network.connect(clinics.sites[0], clinics.sites[1], Self.satellite)
        try clinics.network.run(milliseconds: 8000)
        #expect(link.ends[0].session.status.word == .sending)
        try clinics.network.append(Self.entries(1, &generator), to: .urgent, at: clinics.sites[0])
        try clinics.network.run(milliseconds: 600 + 1600)
        let feed = FeedID(site: clinics.sites[0].site, epoch: clinics.sites[0].epoch, lane: .urgent)
        #expect(clinics.sites[1].held(feed)?.attested.position == 1)
        #expect(link.ends[0].session.status.word == .sending)
        #expect(link.ends[0].bufferedBytesMaximum < 128 * 1024)
        try clinics.network.run(milliseconds: 120_000)
        #expect(clinics.areEqual)
        #expect(clinics.network.violations == [])
    }

    @Test("a long transfer is visible as it goes, and what arrived before a cut stays visible")
    func longTransfer() throws {
        var generator = SplitMix64(seed: 3)
        let clinics = try Clinics(3, seed: 3)
        let feed = FeedID(site: clinics.sites[0].site, epoch: clinics.sites[0].epoch, lane: .records)
        _ = try clinics.sites[0].append(Self.entries(3000, &generator), to: .records)
        let link = try clinics.network.connect(clinics.sites[0], clinics.sites[1], Self.satellite)
        var visible: UInt64 = 0
        for _ in 0..<4 {
            try clinics.network.run(milliseconds: 4000)
            let held = try #require(clinics.sites[1].held(feed))
            #expect(held.attested.position > visible)
            #expect(held.stored.position - held.attested.position <= 3 * 160)
            visible = held.attested.position
        }
        #expect(visible < 3000)
        try clinics.network.cut(link)
        // What is visible at the second site can be passed on, with the first one's signature.
        _ = try clinics.network.connect(clinics.sites[1], clinics.sites[2], Self.lan)
        try clinics.network.run(milliseconds: 3000)
        #expect(clinics.sites[2].held(feed)?.attested.position == visible)
        _ = try clinics.network.connect(clinics.sites[0], clinics.sites[1], Self.satellite)
        try clinics.network.run(milliseconds: 60_000)
        #expect(clinics.areEqual)
        #expect(clinics.network.violations == [])
    }

    @Test("cuts in the middle of frames cost at most a block each", arguments: 0..<12 as Range<UInt64>)
    func cuts(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let clinics = try Clinics(2, seed: seed)
        _ = try clinics.sites[0].append(Self.entries(800, &generator), to: .records)
        _ = try clinics.sites[1].append(Self.entries(200, &generator), to: .records)
        for _ in 0..<5 {
            let link = try clinics.network.connect(clinics.sites[0], clinics.sites[1], Self.satellite)
            try clinics.network.run(milliseconds: UInt64(generator.below(4000)))
            try clinics.network.cut(link)
            #expect(link.ends.allSatisfy { $0.session.status.word == .cutOff || $0.session.status.word == .ended })
        }
        let link = try clinics.network.connect(clinics.sites[0], clinics.sites[1], Self.satellite)
        try clinics.network.run(milliseconds: 60_000)
        #expect(clinics.areEqual, "seed \(seed)")
        #expect(link.ends[0].session.status.word == .inSync)
        #expect(clinics.sites.allSatisfy { $0.duplicateEntries <= 5 * 160 }, "seed \(seed)")
        #expect(clinics.network.violations == [])
    }

    @Test("what had arrived before a cut is stored after it")
    func drains() throws {
        var generator = SplitMix64(seed: 12)
        let clinics = try Clinics(2, seed: 12)
        let feed = FeedID(site: clinics.sites[0].site, epoch: clinics.sites[0].epoch, lane: .records)
        _ = try clinics.sites[0].append(Self.entries(5000, &generator), to: .records)
        // Much faster than the store, which takes a millisecond each time.
        let fast = SimulatedNetwork.Quality(latencyMilliseconds: 1, bytesPerSecond: 200_000_000)
        let link = try clinics.network.connect(clinics.sites[0], clinics.sites[1], fast)
        var stored: UInt64 = 0
        for _ in 0..<100 where stored < 1000 {
            try clinics.network.run(milliseconds: 1)
            stored = clinics.sites[1].held(feed)?.stored.position ?? 0
        }
        try clinics.network.cut(link)
        #expect(link.ends[1].session.status.word == .cutOff)
        #expect(link.ends[1].closed == nil)
        try clinics.network.run(milliseconds: 100)
        #expect(link.ends[1].closed == .disconnected)
        let held = try #require(clinics.sites[1].held(feed))
        #expect(held.stored.position > stored)
        #expect(held.stored.position < 5000)
    }

    @Test("a long feed is not begun anew at every connection that is cut before its first checkpoint")
    func cutsBeforeCheckpoint() throws {
        var generator = SplitMix64(seed: 14)
        let clinics = try Clinics(2, seed: 14)
        let (sender, other) = (clinics.sites[0], clinics.sites[1])
        try clinics.meet(sender, other)
        _ = try sender.append(Self.entries(20_000, &generator), to: .records)
        let fast = SimulatedNetwork.Quality(latencyMilliseconds: 1, bytesPerSecond: 2_000_000)
        var sent = 0
        for _ in 0..<8 {
            let link = try clinics.network.connect(sender, other, fast)
            try clinics.network.run(milliseconds: 400)
            try clinics.network.cut(link)
            sent += link.ends[0].sentBytes
            try clinics.network.run(milliseconds: 50)
        }
        let feed = FeedID(site: sender.site, epoch: sender.epoch, lane: .records)
        let held = try #require(other.held(feed))
        #expect(held.stored.position > 10_000)
        // A frame, and what is on its way: nothing of it was attested, so the peer says nothing of what it has.
        #expect(sent - Int(held.stored.position) * 210 < 8 * 30_000)
    }

    @Test("after a cut nothing is pushed that may have arrived before it")
    func doubtfulPush() throws {
        var generator = SplitMix64(seed: 13)
        let clinics = try Clinics(2, seed: 13)
        let (sender, other) = (clinics.sites[0], clinics.sites[1])
        try clinics.network.append(Self.entries(1, &generator), to: .records, at: sender)
        try clinics.meet(sender, other)
        let feed = FeedID(site: sender.site, epoch: sender.epoch, lane: .records)
        #expect(sender.memories[other.site]?.acknowledged.contains { $0.feed == feed } == true)
        // A little is rather sent twice.
        for (count, isKept) in [(10, true), (400, false)] {
            let link = try clinics.network.connect(sender, other, Self.satellite)
            try clinics.network.run(milliseconds: 2500)
            try clinics.network.append(Self.entries(count, &generator), to: .records, at: sender)
            try clinics.network.run(milliseconds: 600)
            try clinics.network.cut(link)
            #expect(sender.memories[other.site]?.acknowledged.contains { $0.feed == feed } == isKept)
        }
        try clinics.meet(sender, other)
        #expect(clinics.areEqual)
        #expect(clinics.network.violations == [])
    }

    @Test(
        "sites in a row converge through the middle one, each with entries made on the way",
        arguments: 0..<8 as Range<UInt64>
    )
    func chain(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed &+ 100)
        let clinics = try Clinics(4, seed: seed)
        for index in 0..<3 { _ = try clinics.network.connect(clinics.sites[index], clinics.sites[index + 1], Self.lan) }
        for _ in 0..<20 {
            let lane = [Lane.urgent, .records, .attachments][generator.below(3)]
            try clinics.network.append(
                Self.entries(1 + generator.below(20), &generator),
                to: lane,
                at: clinics.sites[generator.below(4)]
            )
            try clinics.network.run(milliseconds: UInt64(generator.below(400)))
        }
        try clinics.network.run(milliseconds: 10_000)
        #expect(clinics.areEqual, "seed \(seed)")
        #expect(clinics.network.violations == [])
    }

    @Test("in a mesh each feed comes to each site about once", arguments: 0..<4 as Range<UInt64>)
    func mesh(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed &+ 20)
        let clinics = try Clinics(3, seed: seed)
        let owner = clinics.sites[Int(seed % 3)]
        let links = try [(0, 1), (0, 2), (1, 2)].map {
            try clinics.network.connect(clinics.sites[$0.0], clinics.sites[$0.1], Self.lan)
        }
        try clinics.network.run(milliseconds: 3000)
        let others: [SimulatedSite] = clinics.sites.filter { $0 !== owner }
        func received(_ site: SimulatedSite) -> Int {
            links.reduce(0) { sum, link in
                guard let here = link.ends.firstIndex(where: { $0.site === site }) else { return sum }
                return sum + link.ends[1 - here].sentBytes
            }
        }
        let before = others.map { received($0) }
        for _ in 0..<40 {
            try clinics.network.append(Self.entries(100, &generator), to: .records, at: owner)
            try clinics.network.run(milliseconds: 100)
        }
        try clinics.network.run(milliseconds: 10_000)
        #expect(clinics.areEqual)
        for end in links.flatMap(\.ends) { #expect(end.session.status.word == .inSync) }
        for (site, count) in zip(others, before) { #expect(received(site) - count < 40 * 100 * 200 * 13 / 10) }
        #expect(clinics.network.violations == [])
    }

    @Test("in a mesh a long feed comes as fast as its owner can send it")
    func meshIsFast() throws {
        var generator = SplitMix64(seed: 40)
        let clinics = try Clinics(3, seed: 40)
        let owner = clinics.sites[1]
        let line = SimulatedNetwork.Quality(latencyMilliseconds: 20, bytesPerSecond: 500_000)
        for pair in [(0, 1), (0, 2), (1, 2)] {
            _ = try clinics.network.connect(clinics.sites[pair.0], clinics.sites[pair.1], line)
        }
        try clinics.network.run(milliseconds: 3000)
        try clinics.network.append(Self.entries(20_000, &generator), to: .records, at: owner)
        // 4 MB take 8 s.
        try clinics.network.run(milliseconds: 12_000)
        #expect(clinics.areEqual)
        #expect(clinics.network.violations == [])
    }

    @Test("an empty site with two peers asks one of them for a feed, and the other when that one is gone")
    func twoSources() throws {
        var generator = SplitMix64(seed: 30)
        let clinics = try Clinics(4, seed: 30)
        let (owner, first, second, empty) = (
            clinics.sites[0], clinics.sites[1], clinics.sites[2], clinics.sites[3]
        )
        _ = try owner.append(Self.entries(20_000, &generator), to: .records)
        for site in [first, second] { try clinics.meet(owner, site) }
        let links = try [(first, 20), (second, 27)].map {
            try clinics.network.connect($0.0, empty, .init(latencyMilliseconds: $0.1, bytesPerSecond: 400_000))
        }
        try clinics.network.run(milliseconds: 7000)
        let busy = try #require(links.max { $0.ends[0].sentBytes < $1.ends[0].sentBytes })
        let other = try #require(links.min { $0.ends[0].sentBytes < $1.ends[0].sentBytes })
        #expect(busy.ends[0].sentBytes > 1_000_000)
        #expect(other.ends[0].sentBytes < 600_000)
        try clinics.network.cut(busy)
        try clinics.network.run(milliseconds: 30_000)
        #expect(empty.frontier.digest == owner.frontier.digest)
        #expect(busy.ends[0].sentBytes + other.ends[0].sentBytes < 20_000 * 200 * 13 / 10)
        #expect(clinics.network.violations == [])
    }

    @Test("a stranger learns nothing but that it is not admitted, and is closed after ten seconds")
    func stranger() throws {
        let clinics = try Clinics(2, seed: 5)
        let link = try clinics.network.connect(clinics.stranger, clinics.sites[0], Self.lan)
        try clinics.network.run(milliseconds: 9000)
        #expect(link.ends[1].closed == nil)
        #expect(link.ends[1].sentBytes == 0)
        try clinics.network.run(milliseconds: 3000)
        #expect(link.ends[1].closed == .notAdmitted)
        // Its own side can say what is the matter.
        #expect(link.ends[0].closed == .notAdmitted)
        #expect(
            link.ends[1].sentBytes
                == SyncMessage.bye(.notAdmitted, detail: "", retryAfterSeconds: nil).frame.encoded.count
        )
    }

    @Test(
        "entries that come back before the session heard of them are no rollback",
        arguments: [Lane.urgent, .records]
    )
    func ownComesBackFirst(lane: Lane) throws {
        var generator = SplitMix64(seed: 8)
        let clinics = try Clinics(3, seed: 8)
        let writer = clinics.sites[1]
        let deaf = try clinics.network.connect(writer, clinics.sites[0], Self.lan)
        try clinics.network.run(milliseconds: 2000)
        // Appended behind the network's back: the session of this link is not told.
        let feed = try writer.append(Self.entries(5, &generator), to: lane)
        _ = try clinics.network.connect(writer, clinics.sites[2], Self.lan)
        _ = try clinics.network.connect(clinics.sites[2], clinics.sites[0], Self.lan)
        try clinics.network.run(milliseconds: 10_000)
        #expect(clinics.sites[0].held(feed)?.attested.position == 5)
        #expect(deaf.ends.map(\.incidents) == [[], []])
        #expect(deaf.ends.map(\.closed) == [nil, nil])
        try clinics.network.append(Self.entries(1, &generator), to: lane, at: writer)
        try clinics.network.run(milliseconds: 10_000)
        #expect(clinics.areEqual)
        #expect(deaf.ends[0].session.status.word == .inSync)
        #expect(clinics.network.violations == [])
    }

    @Test("a site that lost what others hold of it is told, though it has written again", arguments: [0, 2, 5, 9])
    func ownIsAhead(written: Int) throws {
        let seed: UInt64 = 9
        var generator = SplitMix64(seed: 10)
        let clinics = try Clinics(2, seed: seed)
        let lost = clinics.sites[1]
        _ = try clinics.network.connect(lost, clinics.sites[0], Self.lan)
        try clinics.network.append(Self.entries(5, &generator), to: .records, at: lost)
        try clinics.network.run(milliseconds: 5000)
        var keys = SplitMix64(seed: seed)
        _ = try SimulatedKeys(&keys)
        let restored = try SimulatedSite(
            name: "restored",
            material: try SimulatedKeys(&keys),
            founding: lost.founding,
            epoch: lost.epoch
        )
        #expect(restored.site == lost.site)
        if written > 0 { _ = try restored.append(Self.entries(written, &generator), to: .records) }
        try clinics.network.vanish(lost)
        let link = try clinics.network.connect(restored, clinics.sites[0], Self.lan)
        try clinics.network.run(milliseconds: 10_000)
        let kinds = Set(link.ends.flatMap(\.incidents).map(\.kind))
        switch written {
        case ..<5: #expect(kinds == [.ownEpochAhead])
        // Both ends see another digest at the same position.
        case 5: #expect(kinds == [.ownEpochAhead, .diverged])
        // Of a longer other branch the peer learns first, by its digest, and asks for what follows: that what it holds of
        // the epoch the other is writing is not that site's, only the site can tell.
        default: #expect(kinds == [.ownEpochAhead])
        }
    }

    @Test("a half-open link is noticed when something is owed")
    func halfOpen() throws {
        var generator = SplitMix64(seed: 6)
        let clinics = try Clinics(2, seed: 6)
        _ = try clinics.sites[0].append(Self.entries(3000, &generator), to: .records)
        let link = try clinics.network.connect(clinics.sites[0], clinics.sites[1], Self.satellite)
        try clinics.network.run(milliseconds: 5000)
        try clinics.network.cut(link, noticedBy: [])
        try clinics.network.run(milliseconds: 200_000)
        #expect(link.ends.map(\.closed) == [.silent, .silent])
    }

    @Test("garbage and lengths beyond their limit close the session with a reason", arguments: 0..<40 as Range<UInt64>)
    func hostile(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let clinics = try Clinics(2, seed: 7)
        let link = try clinics.network.connect(clinics.sites[0], clinics.sites[1], Self.lan)
        try clinics.network.run(milliseconds: 2000)
        var bytes = generator.bytes(1 + generator.below(5000))
        bytes[0...3] = [0, 0, 0, seed.isMultiple(of: 2) ? 1 : 0]
        bytes.append(0xFE)
        if !seed.isMultiple(of: 2), bytes.count > 4 { bytes[4] = 0xC0 | UInt8(seed & 15) }
        let before = clinics.sites[0].frontier
        try clinics.network.inject(bytes, into: 0, of: link)
        try clinics.network.run(milliseconds: 100)
        #expect(link.ends[0].closed == (seed.isMultiple(of: 2) ? .tooLarge : .unknownCriticalFrame))
        #expect(clinics.sites[0].frontier == before)
    }
}
