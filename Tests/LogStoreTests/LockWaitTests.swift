import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

@Suite("Waiting for others who write")
struct LockWaitTests {
    private static func options(_ fixture: StoreFixture, milliseconds: UInt64 = 30_000) -> StoreOptions {
        var options = StoreOptions()
        options.lockWaitMilliseconds = milliseconds
        options.observer = { [events = fixture.events] event in events.append { event } }
        return options
    }

    /// A store that is told whom it waits for, and a process that holds its locks.
    private static func contenders(_ fixture: StoreFixture) throws -> (store: LogStore, importer: SimulatedProcess) {
        let store = try LogStore.open(
            at: StoreFixture.root,
            in: fixture.disk.process("waiter").surroundings,
            options: options(fixture)
        )
        return (store, fixture.disk.process("importer"))
    }

    private static func holders(_ fixture: StoreFixture) throws -> [LockHolder?] {
        try fixture.events.values().compactMap { if case .waiting(let holder) = $0 { .some(holder) } else { nil } }
    }

    @Test("Who waits longer than two seconds is told who holds the lock, once", arguments: [false, true])
    func told(onlyTurnstile: Bool) throws {
        let fixture = try StoreFixture()
        let (store, importer) = try Self.contenders(fixture)
        let paths = StorePaths(root: StoreFixture.root)
        let held = try importer.openFile(onlyTurnstile ? paths.turnstile : paths.appendLock, .readWrite)
        #expect(try held.lock(.exclusive, waiting: false))
        let before = fixture.disk.clock.steadyNanoseconds()
        let error = try failure { _ = try store.append([[1]], to: .records) }
        let waited = fixture.disk.clock.steadyNanoseconds() - before
        #expect(error.code == .locked)
        #expect(error.message.contains("importer"))
        #expect(error.message.contains("nothing was recorded"))
        #expect((30_000_000_000...30_100_000_000).contains(waited))
        #expect(try Self.holders(fixture) == [LockHolder(processID: Int32(importer.number), program: "importer")])
        // Who gave up stands in nobody's way, and goes on when the way is free.
        try held.unlock()
        #expect(try store.append([[1]], to: .records).map(\.position) == [1])
        #expect(try Self.holders(fixture).count == 1)
    }

    @Test("A short wait says nothing and ends with the append", arguments: [1, 1_900, 2_100] as [Int])
    func short(milliseconds: Int) throws {
        let fixture = try StoreFixture()
        let (store, importer) = try Self.contenders(fixture)
        let paths = StorePaths(root: StoreFixture.root)
        let held = try importer.openFile(paths.appendLock, .readWrite)
        #expect(try held.lock(.exclusive, waiting: false))
        let clock = fixture.disk.clock
        let end = clock.steadyNanoseconds() + UInt64(milliseconds) * 1_000_000
        fixture.disk.observe { call in
            if call.process == "waiter", call.operation == .lock, clock.steadyNanoseconds() >= end { importer.kill() }
        }
        #expect(try store.append([[1]], to: .records).count == 1)
        fixture.disk.observe(nil)
        #expect(try Self.holders(fixture).count == (milliseconds > 2_000 ? 1 : 0))
    }

    @Test("On a real disk the holder is found with its process and its program")
    func realHolder() throws {
        let directory = try TemporaryDirectory()
        let fileSystem = LinuxFileSystem()
        let path = "\(directory.path)/lock"
        let holder = try fileSystem.openFile(path, .openOrCreate)
        let waiter = try fileSystem.openFile(path, .readWrite)
        #expect(waiter.lockHolder() == nil)
        #expect(try holder.lock(.exclusive, waiting: false))
        #expect(try !waiter.lock(.exclusive, waiting: false))
        let found = try #require(waiter.lockHolder())
        let machine = try Surroundings.current().machine
        #expect(found.processID == machine.processID)
        let name = try fileSystem.openFile("/proc/self/comm", .read).readAll(limitBytes: 64).dropLast()
        #expect(found.program == String(decoding: name, as: UTF8.self))
        try holder.unlock()
        #expect(waiter.lockHolder() == nil)
    }

    @Test("A wait for another thread ends too, and gives no value after its time")
    func threads() {
        let monitor = Monitor(0)
        #expect(monitor.wait(nanoseconds: 1_000_000) { $0 == 0 ? nil : $0 } == nil)
        #expect(monitor.wait(nanoseconds: 0) { $0 == 0 ? 7 : nil } == 7)
        onOwnThread { monitor.withLock { $0 = 5 } }
        #expect(monitor.wait(nanoseconds: 60_000_000_000) { $0 == 0 ? nil : $0 } == 5)
    }
}
