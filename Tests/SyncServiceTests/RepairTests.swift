import LogFormat
import LogStore
import StoreIO
import SyncEngine
import SyncProtocol
import SyncService
import TestSupport
import Testing

/// Copies that go bad on a real disk, and daemons over TLS on loopback.
@Suite("Damaged copies", .timeLimit(.minutes(10)))
struct RepairTests {
    private static let setAside = "a damaged copy is set aside from a position on, and asked for again"
    private static let left = "a copy is damaged and left as it is: look at `abscope log verify`, and at the disk"

    /// Flips a bit in the first block of a segment of a feed.
    private static func damage(_ node: Node, _ feed: FeedID, segment: Int) throws {
        let files = LinuxFileSystem()
        let folder = node.log.paths.feed(feed)
        let names = try files.listDirectory(folder).filter { $0.hasSuffix("seg") }.sorted()
        let file = try files.openFile("\(folder)/\(names[segment])", .readWrite)
        let place: UInt64 = 1_000
        let byte = try file.read(exactly: 1, at: place)[0]
        try file.write([byte ^ 1], at: place)
    }

    private static func isWhole(_ node: Node) throws -> Bool {
        try node.log.verify().allSatisfy { !$0.isDamaged }
    }

    @Test(
        "A bit that flips in a sealed copy is found at the next start, and what it spoiled comes again from the hub, once",
        arguments: [0, 1]
    )
    func flippedBit(segment: Int) async throws {
        let registry = try TestRegistry()
        let clinic = try registry.member("AA")
        func areEqual() throws -> Bool {
            try clinic.log.frontier().digest == registry.hub.log.frontier().digest
        }
        _ = try clinic.log.append([[1], [2]], to: .records)
        let hub = try await registry.hub.start(listens: true)
        var random = SplitMix64(seed: 7)
        for _ in 0..<2 {
            _ = try registry.hub.log.append((0..<200).map { _ in random.bytes(100) }, to: .records)
            let daemon = try await clinic.start(dials: try hub.address)
            try await until { try areEqual() && daemon.peer(registry.hub).status.word == .inSync }
            try await daemon.stop()
            _ = try clinic.log.closeActiveSegments()
            #expect(try #require(try clinic.log.seal()).segments > 0)
        }
        let feed = registry.hub.records
        try Self.damage(clinic, feed, segment: segment)
        #expect(try !Self.isWhole(clinic))

        let second = try await clinic.start(dials: try hub.address)
        try await until { second.lines.has(Self.setAside) }
        try await until { try areEqual() && second.peer(registry.hub).status.word == .inSync }
        #expect(try Self.isWhole(clinic))
        #expect(second.lines.value("position", of: Self.setAside) == (segment == 0 ? "0" : "200"))
        #expect(try clinic.log.incidents().map(\.kind) == ["fall-back"])
        #expect(try clinic.log.entries(of: feed, after: 0, limitBytes: .max).count == 400)
        try await second.stop()

        // What goes bad where it was just written is the disk's fault, and no link is spent on it for ever.
        try Self.damage(clinic, feed, segment: segment)
        let third = try await clinic.start(dials: try hub.address)
        try await until { third.lines.has(Self.left) }
        #expect(!third.lines.has(Self.setAside))
        #expect(third.lines.all.filter { $0.message == Self.left }.count == 1)
        #expect(try !Self.isWhole(clinic))
        try await third.stop()
        try await hub.stop()
    }

    @Test("Damage in a site's own feed is given up by nobody")
    func ownFeed() async throws {
        let registry = try TestRegistry()
        let clinic = try registry.member("AA")
        _ = try clinic.log.append((0..<50).map { [UInt8](repeating: $0, count: 100) }, to: .records)
        let hub = try await registry.hub.start(listens: true)
        let first = try await clinic.start(dials: try hub.address)
        try await until { try first.peer(registry.hub).status.word == .inSync }
        try await first.stop()
        _ = try clinic.log.closeActiveSegments()
        try Self.damage(clinic, clinic.records, segment: 0)
        let second = try await clinic.start(dials: try hub.address)
        let path = clinic.log.paths.feed(clinic.records) + "/0000000000000001.seg"
        second.daemon.met(StorageError(.corrupted, "", at: .init(path: path)))
        try await until { try second.peer(registry.hub).status.word == .inSync }
        try await second.stop()
        #expect(!second.lines.has(Self.setAside))
        #expect(try clinic.log.frontier()[clinic.records]?.position == 50)
        #expect(try clinic.log.incidents().isEmpty)
        try await hub.stop()
    }
}
