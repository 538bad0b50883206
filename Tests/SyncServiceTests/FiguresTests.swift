import LogFormat
import LogStore
import Logging
import NIOPosix
import StoreIO
import SyncProtocol
import TestSupport
import Testing

@testable import SyncService

@Suite("Figures of a store", .timeLimit(.minutes(10)))
struct FiguresTests {
    @Test("A daemon counts what its store holds, of all sites, and sees what is added")
    func counts() async throws {
        let registry = try TestRegistry()
        let clinic = try registry.member("AA")
        _ = try clinic.log.append((0..<50).map { _ in [UInt8](repeating: 1, count: 500) }, to: .records)
        let alone = try await clinic.start()
        let before = try #require(await alone.daemon.storeFigures())
        #expect(before.onlyHereEntries == 50 && before.onlyHereSeconds == 70)
        try await alone.stop()
        let hub = try await registry.hub.start(listens: true)
        let daemon = try await clinic.start(dials: try hub.address)
        try await until { try daemon.peer(registry.hub).status.word == .inSync }
        for (running, node) in [(hub, registry.hub), (daemon, clinic)] {
            // Asked first when all is there: the figures of the files may be ten seconds old.
            try await until { try node.log.frontier().rows.reduce(0) { $0 + $1.head.position } == 52 }
            let figures = try #require(await running.daemon.storeFigures())
            #expect(figures.entries == 52)
            #expect(figures.feeds == 2 && figures.damagedFeeds == 0 && figures.incidents == 0)
            #expect(figures.unattestedEntries == 0)
            let room = try #require(figures.room)
            let truth = try node.log.statistics().map(\.statistics)
            #expect(room.storedBytes == truth.reduce(0) { $0 + $1.storedBytes } && room.storedBytes > 500)
            #expect(room.rawSegments == 2 && room.sealedSegments == 0)
            #expect(figures.viewMissingEntries == 0)
            #expect(figures.onlyHereEntries == 0 && figures.onlyHereSeconds == nil)
        }
        try await daemon.stop()
        try await hub.stop()
    }

    @Test("The first round of sealing comes soon after the start, however rare the others are")
    func firstRound() async throws {
        let node = try Node("AA")
        let sealing = SegmentSealing(
            node.log,
            afterMinutes: DaemonConfiguration.sealAfterRange.upperBound,
            firstAfterSeconds: 0,
            clock: SystemClock(),
            logger: Logger(label: "test")
        )
        let running = Task { try await sealing.run() }
        try await until { sealing.ageSeconds != nil }
        running.cancel()
        try await running.value
    }

    @Test("A round of sealing that was finished has an age; one that failed or was another process's has none")
    func sealing() async throws {
        let node = try Node("AA")
        _ = try node.log.append([[1]], to: .records)
        #expect(try node.log.closeActiveSegments() == 1)
        let clock = SimulatedClock()
        let sealing = SegmentSealing(node.log, afterMinutes: 1, clock: clock, logger: Logger(label: "test"))
        #expect(sealing.ageSeconds == nil)
        let other = try LinuxFileSystem().openFile(node.log.paths.sealLock, .openOrCreate)
        #expect(try other.lock(.exclusive, waiting: false))
        await sealing.round(on: .singleton)
        #expect(sealing.ageSeconds == nil)
        try other.unlock()
        await sealing.round(on: .singleton)
        clock.advance(milliseconds: 61_000)
        #expect(sealing.ageSeconds == 61)
        #expect(try node.log.statistics().map(\.statistics.sealedSegments) == [1])
    }
}
