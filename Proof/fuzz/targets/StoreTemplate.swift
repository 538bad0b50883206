import LogFormat
import LogStore
import SimulatedStorage
import StoreIO

/// A store on a simulated disk as every input finds it: own records sealed and raw, and a replica with checkpoints.
///
/// Made once a process; the same bytes every time.
final class StoreTemplate: Sendable {
    static let root = "/srv/store"
    static let shared: StoreTemplate = {
        do {
            return try StoreTemplate()
        } catch {
            preconditionFailure("the store that is fuzzed can not be made: \(error)")
        }
    }()

    let disk: SimulatedDisk
    let own: FeedID
    let replica: FeedID
    /// What was acknowledged, by feed.
    let acknowledged: [FeedID: [[UInt8]]]
    /// The keys the two feeds are made with.
    let keys: [SiteID: SitePublicKey]
    let ownSealed: String
    let ownRaw: String
    let replicaRaw: String
    let replicaCheckpoints: String
    let marker: String

    /// Neither reserves space nor seals by itself.
    static var options: StoreOptions {
        var options = StoreOptions()
        options.allocationStepBytes = 0
        return options
    }

    private init() throws {
        let registry = RegistryID(foundedBy: [1])
        let otherDisk = SimulatedDisk(seed: 2, machineID: "machine-2")
        let other = try LogStore.create(
            at: Self.root,
            alias: "BJ",
            in: otherDisk.process().surroundings,
            options: Self.options
        )
        try other.join(registry)
        let theirs = Self.entries("replica", 1...5)
        for entry in theirs { _ = try other.append([entry], to: .records) }

        disk = SimulatedDisk(seed: 1)
        let store = try LogStore.create(
            at: Self.root,
            alias: "GY",
            in: disk.process().surroundings,
            options: Self.options
        )
        try store.join(RegistryMembership(foundingEntry: [1], dialSite: other.site, dialAddresses: ["bj.example:7133"]))
        let ours = Self.entries("own", 1...8)
        _ = try store.append(Array(ours[..<4]), to: .records)
        _ = try store.closeActiveSegments()
        _ = try store.seal()
        for entry in ours[4...] { _ = try store.append([entry], to: .records) }

        own = FeedID(site: store.site, epoch: store.epoch, lane: .records)
        replica = FeedID(site: other.site, epoch: other.epoch, lane: .records)
        let start = FeedChain.start(key: other.identity.publicKey, epoch: replica.epoch, lane: replica.lane)
        let blocks = try other.blocks(of: replica, after: start, limitBytes: .max)
        _ = try store.receive(blocks, of: replica, key: other.identity.publicKey, after: start)
        guard let checkpoint = try other.checkpoint(of: replica) else { preconditionFailure("nothing to sign") }
        try store.attest(checkpoint, key: other.identity.publicKey)
        try store.close()

        acknowledged = [own: ours, replica: theirs]
        keys = [own.site: store.identity.publicKey, replica.site: other.identity.publicKey]
        let tree = try disk.tree("/")
        func path(_ feed: FeedID, _ suffix: String) -> String {
            let folder = "\(Self.root)/feeds/\(feed)/"
            guard let path = tree.first(where: { $0.hasPrefix(folder) && $0.hasSuffix(suffix) }) else {
                preconditionFailure("the store that is fuzzed has no \(suffix) of \(feed)")
            }
            return path
        }
        ownSealed = path(own, ".zseg")
        ownRaw = path(own, ".seg")
        replicaRaw = path(replica, ".seg")
        replicaCheckpoints = path(replica, "/CHECKPOINTS")
        guard let marker = tree.first(where: { $0.hasSuffix(".marker") }) else { preconditionFailure("no marker") }
        self.marker = marker
    }

    private static func entries(_ name: String, _ numbers: ClosedRange<Int>) -> [[UInt8]] {
        numbers.map { Array("\(name) entry \($0) \(String(repeating: "ab", count: $0))".utf8) }
    }

    /// A disk of its own with everything on it, in the same start of the machine or the next.
    func copy(restarted: Bool) -> SimulatedDisk { restarted ? disk.crashed(.keepAll) : disk.killed() }

    /// The bytes of a file, up to the last that is not zero.
    func seed(_ path: String) throws -> [UInt8] { try disk.contents(path) }
}

extension SimulatedDisk {
    /// Puts other contents in the place of a file's.
    func replace(_ path: String, with bytes: [UInt8]) {
        do {
            try truncate(path, to: 0)
            if !bytes.isEmpty { try overwrite(path, at: 0, with: bytes) }
        } catch {
            preconditionFailure("the simulated disk has no \(path): \(error)")
        }
    }
}
