import LogFormat
import StoreIO
import SyncProtocol
import TestSupport
import Testing

@Suite("Sites with real stores in virtual time")
struct DiskSimulationTests {
    private static let satellite = SimulatedNetwork.Quality(latencyMilliseconds: 300, bytesPerSecond: 32_000)
    private static let lan = SimulatedNetwork.Quality(latencyMilliseconds: 1, bytesPerSecond: 10_000_000)

    private static func entries(_ count: Int, _ generator: inout SplitMix64) -> [[UInt8]] {
        (0..<count).map { _ in generator.bytes(1 + generator.below(300)) }
    }

    @Test("a power cut in mid-transfer loses nothing that was said to be durable", arguments: Seeds.run(12))
    func powerCut(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let clinics = try DiskClinics(2, seed: seed)
        try clinics.admit(1)
        for _ in 0..<3 {
            _ = try clinics.sites[0].append(Self.entries(60, &generator), to: .records)
            _ = try clinics.sites[1].append(Self.entries(20, &generator), to: .records)
        }
        for _ in 0..<3 {
            try clinics.network.connect(clinics.sites[0], clinics.sites[1], Self.satellite)
            try clinics.network.run(milliseconds: UInt64(generator.below(3000)))
            let victim = clinics.sites[generator.below(2)]
            let before = victim.allHeld
            let epoch = victim.epoch
            try clinics.network.vanish(victim)
            try victim.crash(.seeded(generator.next()), remembers: generator.below(2) == 0)
            #expect(victim.epoch == epoch, "seed \(seed)")
            for held in before {
                let now = try #require(victim.held(held.feed), "seed \(seed)")
                #expect(now.attested == held.attested, "seed \(seed)")
                #expect(now.stored == held.stored, "seed \(seed)")
            }
            try clinics.network.append(Self.entries(1, &generator), to: .urgent, at: victim)
        }
        try clinics.network.connect(clinics.sites[1], clinics.sites[0], Self.satellite)
        try clinics.network.run(milliseconds: 30_000)
        #expect(clinics.areEqual, "seed \(seed)")
        clinics.expectSound("seed \(seed)")
    }

    @Test(
        "three sites that all meet, with entries, cuts and power cuts at any moment, end equal",
        arguments: Seeds.run(12)
    )
    func triangle(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed &+ 1000)
        let clinics = try DiskClinics(3, seed: seed)
        for index in 1..<3 { try clinics.admit(index) }
        let pairs = [(0, 1), (1, 2), (2, 0)]
        func connectAll() throws {
            for (first, second) in pairs {
                let quality = generator.below(2) == 0 ? Self.satellite : Self.lan
                try clinics.network.connect(clinics.sites[first], clinics.sites[second], quality)
            }
        }
        try connectAll()
        for _ in 0..<12 {
            let site = clinics.sites[generator.below(3)]
            switch generator.below(5) {
            case 0:
                try clinics.network.vanish(site)
                try site.crash(.seeded(generator.next()), remembers: generator.below(2) == 0)
                for other in clinics.sites where other !== site {
                    try clinics.network.connect(site, other, Self.lan)
                }
            default:
                let lane = [Lane.urgent, .records, .attachments][generator.below(3)]
                try clinics.network.append(Self.entries(1 + generator.below(25), &generator), to: lane, at: site)
            }
            try clinics.network.run(milliseconds: UInt64(generator.below(900)))
        }
        for site in clinics.sites { try clinics.network.vanish(site) }
        try connectAll()
        try clinics.network.run(milliseconds: 30_000)
        #expect(clinics.areEqual, "seed \(seed)")
        for end in clinics.network.links.flatMap(\.ends) {
            #expect(end.session.status.word == .inSync, "seed \(seed)")
        }
        clinics.expectSound("seed \(seed)")
    }

    @Test("two connections of one pair do the work of one: no incident, and nothing is lost", arguments: Seeds.run(8))
    func doubled(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed &+ 2000)
        let clinics = try DiskClinics(2, seed: seed)
        try clinics.admit(1)
        _ = try clinics.sites[0].append(Self.entries(150, &generator), to: .records)
        _ = try clinics.sites[1].append(Self.entries(150, &generator), to: .records)
        try clinics.network.connect(clinics.sites[0], clinics.sites[1], Self.satellite)
        try clinics.network.run(milliseconds: UInt64(generator.below(1500)))
        try clinics.network.connect(clinics.sites[1], clinics.sites[0], Self.lan)
        for _ in 0..<5 {
            try clinics.network.append(Self.entries(2, &generator), to: .urgent, at: clinics.sites[generator.below(2)])
            try clinics.network.run(milliseconds: UInt64(generator.below(500)))
        }
        try clinics.network.run(milliseconds: 30_000)
        #expect(clinics.areEqual, "seed \(seed)")
        clinics.expectSound("seed \(seed)")
    }

    @Test("a stranger is admitted by the roster blocks he brings", arguments: Seeds.run(4))
    func admittedByItsOwnBlocks(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed &+ 3000)
        let clinics = try DiskClinics(3, seed: seed)
        _ = try clinics.sites[2].append(Self.entries(5, &generator), to: .records)
        try clinics.admit(1)
        let first = try clinics.network.connect(clinics.sites[1], clinics.sites[0], Self.lan)
        try clinics.network.run(milliseconds: 2000)
        try clinics.network.cut(first)
        try clinics.admit(2)
        let second = try clinics.network.connect(clinics.sites[2], clinics.sites[0], Self.lan)
        try clinics.network.run(milliseconds: 2000)
        try clinics.network.cut(second)
        #expect(clinics.sites[1].roster[clinics.sites[2].site] == nil)
        let link = try clinics.network.connect(clinics.sites[2], clinics.sites[1], Self.satellite)
        #expect(link.ends[1].session.status.word == .stranger)
        try clinics.network.run(milliseconds: 8000)
        #expect(link.ends.map(\.closed) == [nil, nil], "seed \(seed)")
        #expect(clinics.areEqual, "seed \(seed)")
        clinics.expectSound("seed \(seed)")
    }

    @Test("power cuts while false ends come and go: the truth wins, nothing attested is lost", arguments: Seeds.run(12))
    func falseTails(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed &+ 4000)
        let clinics = try DiskClinics(2, seed: seed)
        let (owner, victim, network) = (clinics.sites[0], clinics.sites[1], clinics.network)
        let liar = try SimulatedSite(
            name: "liar",
            material: try SimulatedKeys(&generator),
            founding: clinics.founding,
            epoch: try #require(EpochID(generator.bytes(8)))
        )
        try clinics.admit(1)
        try clinics.admit(liar.keys, alias: "LIE")
        let feed = try owner.append(Self.entries(20, &generator), to: .records)
        for other in [victim, liar] as [any SimulatedPeer] {
            let link = try network.connect(owner, other, Self.lan)
            try network.run(milliseconds: 3000)
            try network.cut(link)
        }
        var attested = try #require(victim.held(feed)?.attested)
        var planted = 0
        func look() throws {
            let now = try #require(victim.held(feed)?.attested, "seed \(seed)")
            #expect(now.position >= attested.position, "seed \(seed)")
            #expect(owner.head(feed, at: now.position) == now, "seed \(seed)")
            attested = now
        }
        func powerCut() throws {
            try network.vanish(victim)
            try victim.crash(.seeded(generator.next()), remembers: generator.below(2) == 0)
            try look()
        }
        for _ in 0..<4 {
            liar.forge(Self.entries(1 + generator.below(60), &generator), of: feed, key: owner.signingKey, after: 20)
            let lie = try network.connect(liar, victim, Self.lan)
            try network.run(milliseconds: UInt64(20 + generator.below(1000)))
            if let held = victim.held(feed), held.stored != held.attested { planted += 1 }
            if generator.below(2) == 0 { try network.cut(lie) }
            if generator.below(2) == 0 { try powerCut() }
            try network.append(Self.entries(1 + generator.below(40), &generator), to: .records, at: owner)
            try network.connect(owner, victim, Self.satellite)
            try network.run(milliseconds: UInt64(generator.below(2500)))
            try powerCut()
        }
        #expect(planted > 0, "seed \(seed)")
        let last = try network.connect(owner, victim, Self.satellite)
        try network.run(milliseconds: 30_000)
        try look()
        #expect(victim.held(feed) == owner.held(feed), "seed \(seed)")
        #expect(last.ends.map(\.closed) == [nil, nil], "seed \(seed)")
        #expect(victim.failures.map(\.message) == [], "seed \(seed)")
        #expect(network.violations == [], "seed \(seed)")
        #expect(Set(network.discards.flatMap(\.tail.falsifiers)).isSubset(of: [liar.site]), "seed \(seed)")
    }
}
