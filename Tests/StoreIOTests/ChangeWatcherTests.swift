import StoreIO
import TestSupport
import Testing

@Suite("Watching a file for changes")
struct ChangeWatcherTests {
    private let temporary: TemporaryDirectory
    private let files = LinuxFileSystem()
    private let path: String

    init() throws {
        temporary = try TemporaryDirectory()
        path = temporary.path + "/HEADS"
        try files.createFile(path, with: [0, 0, 0])
    }

    @Test("A write is noticed once, however many came before the wait")
    func writes() throws {
        let watcher = try ChangeWatcher(path)
        #expect(watcher.method == .notices)
        #expect(try watcher.wait(timeoutMilliseconds: 0) == .timedOut)
        let file = try files.openFile(path, .readWrite)
        for value in UInt8(1)...3 { try file.write([value], at: 0) }
        #expect(try watcher.wait(timeoutMilliseconds: 60_000) == .changed)
        #expect(try watcher.wait(timeoutMilliseconds: 0) == .timedOut)
        try file.write([9], at: 1)
        #expect(try watcher.wait(timeoutMilliseconds: 30_000) == .changed)
    }

    @Test("A file that is replaced or removed is said to be, so that the watcher is made anew")
    func replaced() throws {
        let watcher = try ChangeWatcher(path)
        try files.replaceFile(path, with: [1])
        // The old file first loses its name (a change of its status) and then goes for good.
        var notice = try watcher.wait(timeoutMilliseconds: 60_000)
        if notice == .changed { notice = try watcher.wait(timeoutMilliseconds: 60_000) }
        #expect(notice == .replaced)
    }

    @Test("Without notices of the kernel it says so itself from time to time")
    func polling() throws {
        let watcher = try ChangeWatcher(path, pollIntervalMilliseconds: 1, polls: true)
        #expect(watcher.method == .polling(intervalMilliseconds: 1))
        #expect(try watcher.wait() == .changed)
        let slow = try ChangeWatcher(path, pollIntervalMilliseconds: 600_000, polls: true)
        #expect(try slow.wait(timeoutMilliseconds: 1) == .timedOut)
    }

    @Test("Closing ends the present wait and all later ones", arguments: [false, true])
    func close(polls: Bool) throws {
        let watcher = try ChangeWatcher(path, pollIntervalMilliseconds: 600_000, polls: polls)
        onOwnThread { watcher.close() }
        #expect(try watcher.wait(timeoutMilliseconds: 30_000) == .closed)
        #expect(try watcher.wait(timeoutMilliseconds: 0) == .closed)
    }

    @Test("A file that does not exist can not be watched", arguments: [false, true])
    func missing(polls: Bool) throws {
        #expect(throws: StorageError(.notFound, "")) { _ = try ChangeWatcher(temporary.path + "/none", polls: polls) }
    }
}
