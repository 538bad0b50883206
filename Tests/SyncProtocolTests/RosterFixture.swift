import Crypto
import LogFormat
import SyncProtocol
import TestSupport
import Testing

/// Sites with keys, a founding entry, and roster entries built for them.
struct RosterFixture {
    let sites: [SimulatedKeys]
    let recovery: Curve25519.Signing.PrivateKey
    let founding: [UInt8]
    var draft = RosterDraft(recordedMilliseconds: 1, zoneOffsetMinutes: 0, program: "test")

    /// The first founds.
    init(_ count: Int, seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        sites = try (0..<count).map { _ in try SimulatedKeys(&generator) }
        recovery = try Curve25519.Signing.PrivateKey(rawRepresentation: generator.bytes(32))
        founding = try draft.founding(
            name: "Test",
            administrator: sites[0].keys,
            recoveryKey: Array(recovery.publicKey.rawRepresentation),
            nonce: generator.bytes(16)
        )
    }

    static let aliases = ["HUB", "AA", "BB", "CC", "DD", "EE", "FF", "GG"]

    func id(_ index: Int) -> SiteID { sites[index].keys.signing.siteID }

    /// The index of a site.
    func index(_ site: SiteID) -> Int { sites.firstIndex { $0.keys.signing.siteID == site } ?? 0 }

    /// Lane 0 of a site in one of its epochs.
    func feed(_ index: Int, epoch: UInt8 = 1) -> FeedID {
        guard let epoch = EpochID([UInt8](repeating: epoch, count: EpochID.lengthBytes)) else {
            preconditionFailure("an epoch has 8 bytes")
        }
        return FeedID(site: id(index), epoch: epoch, lane: .roster)
    }

    func roster(_ entries: [RosterEntry]) throws -> Roster { try Roster(founding: founding, entries: entries) }

    func at(_ milliseconds: Int64) -> RosterDraft {
        var draft = draft
        draft.recordedMilliseconds = milliseconds
        return draft
    }

    /// Admits a site, as the roster stands.
    func admission(of index: Int, at milliseconds: Int64 = 1, in roster: Roster) throws -> [UInt8] {
        try at(milliseconds).admission(
            sites[index].keys,
            alias: Self.aliases[index],
            role: "clinic",
            in: roster
        )
    }

    /// Appoints a site with the recovery key.
    func appointments(
        of index: Int,
        cutOffs: [Frontier.Row],
        in roster: Roster,
        signedBy key: Curve25519.Signing.PrivateKey? = nil
    ) throws -> [[UInt8]] {
        try RosterDraft.Appointment(of: id(index), cutOffs: cutOffs, draft, in: roster)
            .entries { Array(try (key ?? recovery).signature(for: $0)) }
    }

    /// The same with one entry.
    func appointment(
        of index: Int,
        cutOffs: [Frontier.Row],
        in roster: Roster,
        signedBy key: Curve25519.Signing.PrivateKey? = nil
    ) throws -> [UInt8] {
        let entries = try appointments(of: index, cutOffs: cutOffs, in: roster, signedBy: key)
        #expect(entries.count == 1)
        return entries[0]
    }

    /// A row whose digest stands for nothing: the fold goes by positions.
    func row(_ feed: FeedID, _ position: UInt64) -> Frontier.Row {
        let bytes = feed.site.bytes + feed.epoch.bytes + [UInt8(truncatingIfNeeded: position)]
        guard let digest = ChainDigest(Array(SHA256.hash(data: bytes))) else {
            preconditionFailure("a digest has 32 bytes")
        }
        return .init(feed: feed, head: FeedHead(position: position, digest: digest))
    }
}

/// Entries as they are appended, one feed after the other.
struct RosterScript {
    let fixture: RosterFixture
    var entries: [RosterEntry] = []

    init(_ fixture: RosterFixture) { self.fixture = fixture }

    var roster: Roster { get throws { try fixture.roster(entries) } }

    /// Appends to a feed; says at which position.
    @discardableResult
    mutating func append(_ bytes: [UInt8], to feed: FeedID) -> UInt64 {
        let position = end(of: feed) + 1
        entries.append(RosterEntry(feed: feed, position: position, bytes: bytes))
        return position
    }

    /// How many entries a feed has.
    func end(of feed: FeedID) -> UInt64 { entries.filter { $0.feed == feed }.map(\.position).max() ?? 0 }

    /// Founds the registry and admits the first few sites.
    mutating func found(admitting count: Int) throws {
        append(fixture.founding, to: fixture.feed(0))
        for index in 0..<count { append(try fixture.admission(of: index, in: try roster), to: fixture.feed(0)) }
    }
}
