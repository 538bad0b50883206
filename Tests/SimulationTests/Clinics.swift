import LogFormat
import SyncProtocol
import TestSupport
import Testing

/// Some sites of one registry, the first of which administers it.
struct Clinics {
    let network = SimulatedNetwork()
    let sites: [SimulatedSite]
    let stranger: SimulatedSite
    private let draft = RosterDraft(recordedMilliseconds: 1, zoneOffsetMinutes: 0, program: "test")

    init(_ count: Int, seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let material = try (0...count).map { _ in try SimulatedKeys(&generator) }
        let founding = try draft.founding(
            name: "Test",
            administrator: material[0].keys,
            recoveryKey: generator.bytes(32),
            nonce: generator.bytes(16)
        )
        let all = try material.enumerated().map {
            try SimulatedSite(
                name: "site \($0.offset)",
                material: $0.element,
                founding: founding,
                epoch: try #require(EpochID(generator.bytes(8)))
            )
        }
        sites = Array(all.dropLast())
        stranger = all[count]
        _ = try all[0].append([founding], to: .roster)
        for index in 1..<count {
            let entry = try draft.admission(
                material[index].keys,
                alias: DiskSite.alias(index),
                role: "clinic",
                in: all[0].roster
            )
            _ = try all[0].append([entry], to: .roster)
        }
    }

    func admitStranger() throws {
        let entry = try draft.admission(
            stranger.keys,
            alias: DiskSite.alias(sites.count),
            role: "clinic",
            in: sites[0].roster
        )
        try network.append([entry], to: .roster, at: sites[0])
    }

    /// The administrator revokes a site, with its feeds as they are held at another.
    func revoke(_ site: SimulatedSite, cutOffs: [Frontier.Row]) throws {
        let entry = try draft.revocation(of: site.site, cutOffs: cutOffs, reason: "lost", in: sites[0].roster)
        try network.append([entry], to: .roster, at: sites[0])
    }

    /// Hands a site the rest of a feed with its owner's word, without a session.
    func give(_ feed: FeedID, of owner: SimulatedSite, to other: SimulatedSite) throws {
        let start =
            other.held(feed)?.stored ?? FeedChain.start(key: owner.signingKey, epoch: feed.epoch, lane: feed.lane)
        let blocks = try owner.read(feed, after: start, limitBytes: 1_000_000).get()
        _ = try other.store(blocks, feed, key: owner.signingKey, after: start).get()
        let word = try #require(try owner.checkpoint(feed, through: Limits.position).get())
        _ = try other.attest(word, key: owner.signingKey).get()
    }

    /// Lets two sites talk for a while.
    func meet(_ first: any SimulatedPeer, _ second: any SimulatedPeer) throws {
        let link = try network.connect(first, second, .init(latencyMilliseconds: 1, bytesPerSecond: 10_000_000))
        try network.run(milliseconds: 3000)
        try network.cut(link)
    }

    var areEqual: Bool { Set(sites.map(\.frontier.digest)).count == 1 }
}
