import LogFormat
import LogStore
import SimulatedStorage

/// Where every history begins: a store of a site that joined a registry, everything durable, nobody on it. Made once.
struct Stage: Sendable {
    static let root = "/srv/store"

    let disk: SimulatedDisk
    let judge: CrashJudge

    /// Small segments and steps, so that a few commits roll and a disk is small; nobody waits long for anybody.
    static var options: StoreOptions {
        var options = StoreOptions()
        options.segmentBytes = 1_500
        // A commit of several blocks is written in as many pieces.
        options.pieceBytes = 1
        options.allocationStepBytes = 4_096
        options.lockWaitMilliseconds = 1
        return options
    }

    init() throws {
        let membership = RegistryMembership(foundingEntry: [1, 2, 3])
        let made = SimulatedDisk(seed: 1)
        let surroundings = made.process("maker").surroundings
        let store = try LogStore.create(at: Self.root, alias: "GY", in: surroundings, options: Self.options)
        try store.join(membership)
        try store.close()
        disk = made.crashed(.keepAll)
        disk.recordCalls(false)
        judge = CrashJudge(
            root: Self.root,
            options: Self.options,
            peer: try PeerFeed(count: 16, registry: membership.registry, seed: 5)
        )
    }
}
