import LogFormat
import StoreIO
import Synchronization
import TestSupport
import Testing

@testable import LogStore

/// Strides keep the whole below ten seconds; they are chosen so that different crashes and faults fall on different calls.
@Suite("Crashes of replicas")
struct CrashReplicaTests {
    /// What a pull does: blocks in batches that roll segments, statements in between that cover all or a part.
    private static func pull(_ oracle: ReplicaOracle, into store: LogStore) throws(StorageError) {
        try oracle.receive(2, into: store)
        try oracle.attest(2, in: store)
        try oracle.receive(3, into: store)
        try oracle.receive(2, into: store)
        try oracle.attestStored(in: store)
        try oracle.receive(1, into: store)
    }

    @Test("Pulling: what was received and attested survives every kill and power cut, and the pull goes on from there")
    func pull() throws {
        let (disk, oracle) = try ReplicaOracle.start(14, seed: 80)
        let judged = try CrashSweep(singleItems: 1, seededCuts: 1, stride: 2).run(on: disk) {
            try Self.pull(oracle, into: try CrashOracle.open(on: disk.process("puller")))
        } judge: { after, _ in
            try oracle.judge(after)
        }
        #expect(judged > 100)
        let segments = try disk.tree("\(CrashOracle.root)/feeds").filter { $0.hasSuffix(".seg") }
        #expect(segments.count > 1, "the batches have to cross a roll")
        let methods = Set(oracle.truth.blocks.map(\.header.method))
        #expect(methods.count == 2, "blocks of both methods have to come")
    }

    @Test("A second crash while the first is recovered and the pull goes on loses nothing either")
    func recoverTwice() throws {
        let (disk, oracle) = try ReplicaOracle.start(14, seed: 81)
        try CrashSweep(singleItems: 0, seededCuts: 1, stride: 9).run(on: disk) {
            try Self.pull(oracle, into: try CrashOracle.open(on: disk.process("puller")))
        } judge: { after, _ in
            let oracle = oracle.copy()
            try CrashSweep(singleItems: 0, seededCuts: 1, stride: 16).run(on: after) {
                let store = try CrashOracle.open(on: after.process("recoverer"))
                try oracle.receive(2, into: store)
                try oracle.attestStored(in: store)
            } judge: { again, _ in
                try oracle.judge(again)
            }
        }
    }

    @Test(
        "Ending and sealing segments of own feeds and replicas: nothing is lost at any crash, and the next run finishes"
    )
    func seal() throws {
        let (disk, oracle) = try Self.filled(seed: 82)
        let judged = try CrashSweep(singleItems: 1, seededCuts: 1, stride: 2).run(on: disk) {
            let store = try CrashOracle.open(on: disk.process("sealer"))
            _ = try store.closeActiveSegments()
            _ = try store.seal()
        } judge: { after, _ in
            // What is recorded after the crash is no less safe from the sealing that follows.
            let oracle = oracle.copy()
            try oracle.append("after the crash", to: try CrashOracle.open(on: after.process("recorder")))
            try oracle.judge(after)
            try Self.finishSealing(oracle, on: after)
        }
        #expect(judged > 100)
        try Self.finishSealing(oracle, on: disk.killed())
    }

    @Test(
        "Whatever fails once at whatever call, it is said, nothing is lost, and the same process can try again",
        arguments: zip([DiskFault.inputOutput, .noSpace, .shortWrite, .lyingSync, .readOnly], 0..<5)
    )
    func failures(fault: DiskFault, first: Int) throws {
        let (start, promised) = try Self.filled(seed: 83)
        var oracle = promised.copy()
        let calls = try FaultSweep.run(fault, first: first, stride: 30, from: start) { (process) throws(StorageError) in
            oracle = promised.copy()
            let store = try Self.again { () throws(StorageError) in try CrashOracle.open(on: process) }
            for step in Step.allCases {
                // Asked anew where the feed ends: what failed may have come further than it could say.
                try Self.again { () throws(StorageError) in try step.run(oracle, store) }
            }
        } judge: { disk, failure in
            if let failure { throw Wrong("the second attempt failed, too: \(failure)") }
            for after in [disk.killed(), disk.crashed(.seeded(1))] {
                try oracle.judge(after)
            }
        }
        #expect(calls > 100)
    }

    @Test(
        "On a disk that fails from some call on, nothing is lost, and a process that finds it well goes on",
        arguments: zip([DiskFault.noSpace, .shortWrite, .inputOutput, .readOnly], 0..<4)
    )
    func lastingFailures(fault: DiskFault, first: Int) throws {
        let (start, promised) = try Self.filled(seed: 84)
        var oracle = promised.copy()
        let calls = try FaultSweep.run(fault, first: first, stride: 36, isLasting: true, from: start) {
            (process) throws(StorageError) in
            oracle = promised.copy()
            let store = try CrashOracle.open(on: process)
            var first: StorageError?
            // A failure of one is no reason for the next to do harm.
            for step in Step.allCases {
                do throws(StorageError) { try step.run(oracle, store) } catch { first = first ?? error }
            }
            if let first { throw first }
        } judge: { disk, failure in
            if let failure {
                #expect([.inputOutput, .noSpace, .readOnly, .poisoned].contains(failure.code), "\(failure)")
            }
            for after in [disk.killed(), disk.crashed(.dropAll)] {
                try oracle.judge(after)
                try Self.finishSealing(oracle, on: after)
            }
        }
        #expect(calls > 100)
    }

    // MARK: - Parts

    /// What is done on a disk that fails.
    private enum Step: CaseIterable {
        case receive, attest, close, seal, receiveMore

        func run(_ oracle: ReplicaOracle, _ store: LogStore) throws(StorageError) {
            switch self {
            case .receive, .receiveMore: try oracle.receive(2, into: store)
            case .attest: try oracle.attestStored(in: store)
            case .close: _ = try store.closeActiveSegments()
            case .seal: _ = try store.seal()
            }
        }
    }

    /// A store with own entries and a part of the replica, more than one segment each, all promised.
    private static func filled(
        seed: UInt64,
        count: Int = 14
    ) throws -> (disk: SimulatedDisk, oracle: ReplicaOracle) {
        let (disk, oracle) = try ReplicaOracle.start(count, seed: seed)
        let store = try CrashOracle.open(on: disk.process("filler"))
        for number in 0..<5 { try oracle.append("own \(number)", to: store) }
        try oracle.receive(2, into: store)
        try oracle.receive(2, into: store)
        try oracle.attest(3, in: store)
        try store.close()
        return (disk.killed(), oracle)
    }

    /// One more attempt after a failure that the process survived.
    private static func again<Result>(_ step: () throws(StorageError) -> Result) throws(StorageError) -> Result {
        do throws(StorageError) {
            return try step()
        } catch {
            guard error.code != .halted else { throw error }
        }
        return try step()
    }

    /// The next run seals everything that is closed; what is sealed is proven and still the same after a power cut.
    private static func finishSealing(_ oracle: ReplicaOracle, on disk: SimulatedDisk) throws {
        let store = try CrashOracle.open(on: disk.process("finisher"))
        _ = try store.closeActiveSegments()
        guard try store.seal() != nil else { throw Wrong("a dead process still seals") }
        for row in try store.statistics() where row.statistics.sealedSegments == 0 {
            throw Wrong("nothing of \(row.feed.feed) is sealed")
        }
        for report in try store.verify() where report.isDamaged {
            throw Wrong("sealing left \(report.findings)")
        }
        try oracle.compareOwn(store)
        let after = try CrashOracle.open(on: disk.crashed(.dropAll).process("last judge"))
        for report in try after.verify() where report.isDamaged {
            throw Wrong("a power cut after sealing left \(report.findings)")
        }
        try oracle.compareOwn(after)
    }
}

@Suite("Crashes while a site joins")
struct CrashJoinTests {
    private static let first = RegistryMembership(foundingEntry: [7, 7], dialAddresses: ["hub.example:4711"])
    private static let moved = RegistryMembership(foundingEntry: [7, 7], dialAddresses: ["hub.example:4712"])
    private static let other = RegistryMembership(foundingEntry: [8])

    private static func start(seed: UInt64) throws -> SimulatedDisk {
        let disk = SimulatedDisk(seed: seed)
        _ = try LogStore.create(at: CrashOracle.root, alias: "GY", in: disk.process("maker").surroundings)
        return disk.killed()
    }

    /// One of the allowed memberships, whole: the registry and what is needed to reach it; and joining works from there.
    private static func judge(_ disk: SimulatedDisk, _ allowed: [RegistryMembership?]) throws {
        let store = try CrashOracle.open(on: disk.process("judge"))
        let found = try store.membership()
        guard allowed.contains(found), store.registry == found?.registry else {
            throw Wrong("registry \(store.registry as Any) with \(found as Any)")
        }
        // Before anybody was told that it joined, it may as well join another one.
        let next = found == nil ? other : first
        try store.join(next)
        guard try store.membership() == next else { throw Wrong("the next attempt does not count") }
        let again = try CrashOracle.open(on: disk.crashed(.dropAll).process("second judge"))
        guard try again.membership() == next else { throw Wrong("a power cut took the next attempt") }
        guard try again.incidents().isEmpty else { throw Wrong("a crash is called an incident") }
    }

    @Test("Joining and learning a new address: whole or not at all, and durable when it is said")
    func crashes() throws {
        let disk = try Self.start(seed: 90)
        let promised = Mutex<[RegistryMembership?]>([nil])
        let judged = try CrashSweep(singleItems: 4, seededCuts: 3).run(on: disk) {
            let store = try CrashOracle.open(on: disk.process("joiner"))
            for membership in [Self.first, Self.moved] {
                promised.withLock { $0.append(membership) }
                try store.join(membership)
                promised.withLock { $0 = [membership] }
            }
        } judge: { after, _ in
            try Self.judge(after, promised.withLock { $0 })
        }
        #expect(judged > 30)
    }

    @Test(
        "Whatever fails once while joining is said, and the second attempt counts",
        arguments: [DiskFault.inputOutput, .noSpace, .shortWrite, .lyingSync, .readOnly]
    )
    func failures(fault: DiskFault) throws {
        let start = try Self.start(seed: 91)
        var isAcknowledged = false
        let calls = try FaultSweep.run(fault, from: start) { (process) throws(StorageError) in
            isAcknowledged = false
            let store = try CrashOracle.open(on: process)
            do throws(StorageError) {
                try store.join(Self.first)
            } catch {
                try store.join(Self.first)
            }
            isAcknowledged = true
        } judge: { disk, failure in
            for after in [disk.killed(), disk.crashed(.dropAll), disk.crashed(.seeded(3))] {
                try Self.judge(after, isAcknowledged ? [Self.first] : [nil, Self.first])
            }
            // Only opening is tried once.
            guard let failure else { return }
            let store = try CrashOracle.open(on: disk.process("later"))
            guard try store.membership() == nil else { throw Wrong("\(failure), and yet it joined") }
        }
        #expect(calls > 20)
    }
}
