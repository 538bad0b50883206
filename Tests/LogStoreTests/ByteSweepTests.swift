import LogFormat
import LogStore
import StoreIO
import TestSupport
import Testing

@Suite("Turned bytes")
struct ByteSweepTests {
    @Test("What the store says of a turned byte is what the format says of it")
    func everyRegion() throws {
        var options = StoreOptions()
        options.segmentBytes = 1_500
        options.allocationStepBytes = 2_048
        let membership = RegistryMembership(foundingEntry: [1, 2, 3])
        let made = SimulatedDisk(seed: 1)
        let surroundings = made.process("maker").surroundings
        let store = try LogStore.create(at: "/srv/store", alias: "GY", in: surroundings, options: options)
        try store.join(membership)
        try store.close()
        let peer = try PeerFeed(count: 6, registry: membership.registry, seed: 5)
        let judge = CrashJudge(root: "/srv/store", options: options, peer: peer)
        let sweep = try ByteSweep(from: made.crashed(.keepAll), judge)
        // Every byte is `make crash-slice`'s and takes minutes in a debug build; a prime stride meets every region.
        let figures = sweep.run(stride: 37)
        #expect(figures.failures == [])
        #expect(figures.regions.count == Set(sweep.regions.map(\.name)).count, "every region is met")
        #expect(figures.judged == 2 * figures.bytes)
    }
}
