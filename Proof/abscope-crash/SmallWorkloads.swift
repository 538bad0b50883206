import LogFormat
import LogStore
import SimulatedStorage
import StoreIO
import Synchronization

/// Workloads of at most twelve operations with every crash there is: before each call that changes the disk, with all that
/// is unsynced lost, all of it kept, each single sector, size and name kept or lost; and for every disk that is left, the
/// same again inside the recovery.
struct SmallWorkloads: Sendable {
    let stage: Stage

    enum Name: String, CaseIterable, Sendable {
        case appending, rolling, sealing, pulling, takingOver
        /// A process writes on after another replaced the segment that it has open.
        case pullingAgain, replacing
        /// No crash, but every byte of an end turned over that only its own blocks know.
        case damagedTail
    }

    /// The promises at a moment of a workload.
    private final class Book: Sendable {
        let promises = Mutex(LogPromises())
        private let seen = Mutex<Set<Key>>([])

        struct Key: Hashable {
            var image: DiskImage
            var own: Int
            var inFlight: [Int]
            var stored: ClosedRange<UInt64>
            var attested: ClosedRange<UInt64>
            var isOuter: Bool
        }

        /// Equal disks under the same promises need no second look.
        func isNew(_ disk: SimulatedDisk, isOuter: Bool) -> Bool {
            let promises = promises.withLock { $0 }
            let key = Key(
                image: disk.image,
                own: promises.own.count,
                inFlight: promises.inFlight.map(\.number),
                stored: promises.stored,
                attested: promises.attested,
                isOuter: isOuter
            )
            return seen.withLock { $0.insert(key).inserted }
        }

        func append(_ store: LogStore, _ text: String, bytes: Int, count: Int = 1, to lane: Lane = .records) throws {
            let entries = (0..<count).map { Array("\(text) \($0)".utf8) + [UInt8](repeating: 3, count: bytes) }
            let number = promises.withLock { $0.begin(entries, to: lane) }
            let references = try store.append(entries, to: lane)
            promises.withLock { $0.acknowledge(number, references) }
        }
    }

    /// - Parameters:
    ///   - name: The workload.
    ///   - isTwice: Also every crash inside the recovery of each disk; without it, a fiftieth of the time.
    /// - Returns: How many disks were looked at.
    /// - Throws: `CrashFailure` for the first disk that is not what it must be.
    func run(_ name: Name, isTwice: Bool = true) throws -> Int {
        if name == .damagedTail { return try turnOverTail() }
        let book = Book()
        let disk = stage.disk.killed(seed: UInt64(100 + (Name.allCases.firstIndex(of: name) ?? 0)))
        disk.recordCalls(false)
        let sweep = CrashSweep(singleItems: .max, seededCuts: 0)
        let judge = stage.judge
        let inner = Mutex(0)
        let judged = try sweep.run(on: disk) {
            try work(name, disk, book)
        } judge: { after, _ in
            guard book.isNew(after, isOuter: true) else { return }
            let promises = book.promises.withLock { $0 }
            guard isTwice else { return try judge.judge(after, promises, isSealing: false) }
            let count = try sweep.run(on: after) {
                let process = after.process("recoverer", faults: Planted.faults(over: .none))
                let store = try LogStore.open(at: Stage.root, in: process.surroundings, options: Stage.options)
                try store.close()
            } judge: { again, _ in
                guard book.isNew(again, isOuter: false) else { return }
                try judge.judge(again, promises, isSealing: false)
            }
            inner.withLock { $0 += count }
        }
        return judged + inner.withLock { $0 }
    }

    /// A power cut leaves HEADS as it was before three commits; then each byte of theirs is turned over in turn. What was
    /// durable when a later one was written has to be named.
    private func turnOverTail() throws -> Int {
        let book = Book()
        let disk = stage.disk.killed(seed: 100)
        let store = try open(disk, "writer")
        try store.close()
        for text in ["first", "second", "third"] { try book.append(store, text, bytes: 20) }
        let cut = disk.crashed(.dropAll)
        cut.recordCalls(false)
        let promises = book.promises.withLock { $0 }
        let feed = FeedID(site: store.site, epoch: store.epoch, lane: .records)
        let directory = store.paths.feed(feed)
        var judged = 0
        for path in try cut.tree(directory) where path.hasSuffix(".seg") {
            let end = try (cut.contents(path).lastIndex { $0 != 0 } ?? 0) + 1
            for byte in 0..<end {
                let damaged = cut.killed()
                try damaged.flipBit(path, byte: byte, bit: byte % 8)
                do {
                    _ = try DamageJudge(stage.judge).judge(damaged, promises, isAfterPowerCut: true, mayRefuse: false)
                } catch {
                    throw Wrong("byte \(byte) of \(path) turned over: \(error)")
                }
                judged += 1
            }
        }
        return judged
    }

    private func open(_ disk: SimulatedDisk, _ name: String) throws(StorageError) -> LogStore {
        let process = disk.process(name, faults: Planted.faults(over: .none))
        return try LogStore.open(at: Stage.root, in: process.surroundings, options: Stage.options)
    }

    private func work(_ name: Name, _ disk: SimulatedDisk, _ book: Book) throws {
        let store = try open(disk, "writer")
        switch name {
        case .appending:
            try book.append(store, "first", bytes: 30)
            try book.append(store, "second", bytes: 600, count: 2)
            try book.append(store, "third", bytes: 10, to: .urgent)
            try book.append(open(disk, "another"), "fourth", bytes: 30)
        case .rolling:
            try book.append(store, "first", bytes: 1_400)
            try book.append(store, "second", bytes: 30)
            _ = try store.closeActiveSegments()
            try book.append(store, "third", bytes: 30)
        case .sealing:
            try book.append(store, "first", bytes: 300, count: 2)
            _ = try store.closeActiveSegments()
            guard try store.seal() != nil else { throw Wrong("nobody else seals") }
            try book.append(store, "second", bytes: 30)
        case .pulling:
            let peer = stage.judge.peer
            let blocks = Array(peer.blocks.prefix(2))
            let end = blocks[1].header.lastPosition
            book.promises.withLock { $0.stored = 0...end }
            try store.receive(blocks, of: peer.feed, key: peer.key, after: peer.heads[0])
            book.promises.withLock {
                $0.stored = end...end
                $0.attested = 0...end
            }
            try store.attest(peer.checkpoints[0], key: peer.key)
            book.promises.withLock { $0.attested = 1...end }
            try store.attest(peer.checkpoints[Int(end) - 1], key: peer.key)
            book.promises.withLock { $0.attested = end...end }
        case .takingOver:
            try book.append(store, "first", bytes: 30)
            try dieInAnAppend(disk, book)
            try book.append(store, "second", bytes: 30)
        case .pullingAgain:
            let other = try open(disk, "another")
            try receive(0, store, book)
            try receive(1, store, book)
            book.promises.withLock { $0.stored = 0...$0.stored.upperBound }
            try other.discardUnattested(of: stage.judge.peer.feed)
            try receive(0, other, book)
            try receive(1, store, book)
        case .damagedTail: break
        case .replacing:
            try book.append(store, "first", bytes: 30)
            // The next segment is open here, and empty.
            _ = try store.closeActiveSegments()
            try dieInAnAppend(disk, book)
            try book.append(open(disk, "another"), "second", bytes: 30)
            try book.append(store, "third", bytes: 30)
        }
    }

    /// A process is killed in the middle of writing a commit.
    private func dieInAnAppend(_ disk: SimulatedDisk, _ book: Book) throws {
        let process = disk.process(
            "victim",
            faults: Planted.faults(
                over: FaultPlan { call in
                    call.operation == .write && call.path.hasSuffix(".seg") ? .killDuring : nil
                }
            )
        )
        let victim = try LogStore.open(at: Stage.root, in: process.surroundings, options: Stage.options)
        do {
            try book.append(victim, "never answered", bytes: 700)
        } catch let error as StorageError {
            guard error.code == .halted else { throw error }
        }
    }

    /// Stores one block of the peer's, which nobody attests.
    private func receive(_ number: Int, _ store: LogStore, _ book: Book) throws {
        let peer = stage.judge.peer
        let block = peer.blocks[number]
        let (first, last) = (Int(block.header.firstPosition), block.header.lastPosition)
        book.promises.withLock { $0.stored = $0.stored.lowerBound...max($0.stored.upperBound, last) }
        try store.receive([block], of: peer.feed, key: peer.key, after: peer.heads[first - 1])
        book.promises.withLock { $0.stored = last...max($0.stored.upperBound, last) }
    }
}
