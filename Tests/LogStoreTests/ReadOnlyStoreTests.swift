import Glibc
import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

@Suite("Stores that can only be read")
struct ReadOnlyStoreTests {
    private static let paths = StorePaths(root: StoreFixture.root)

    private static func writes(_ store: LogStore) throws -> [StorageError] {
        let registry = try #require(RegistryID([UInt8](repeating: 1, count: 32)))
        return [
            try failure { _ = try store.append([[1]], to: .records) },
            try failure { _ = try store.seal() },
            try failure { try store.join(registry) },
        ]
    }

    @Test("A feature that is unknown and read-only compatible lets everything be read and nothing be written")
    func readOnlyFeature() throws {
        var fixture = try StoreFixture()
        try fixture.append("one", "two", with: fixture.open())
        var format = try StoreFormat(at: Self.paths, in: fixture.disk.process())
        format.readOnlyCompatible = ["wide index"]
        format.compatible = ["harmless"]
        try fixture.disk.process().replaceFile(Self.paths.format, with: format.encoded)
        let before = try fixture.disk.tree()
        let store = try fixture.open("old program")
        try fixture.check(store)
        for error in try Self.writes(store) {
            #expect(error.code == .unsupportedFormat)
            #expect(error.message.contains("'wide index'") && error.message.contains("newer version"))
        }
        try store.close()
        #expect(try fixture.disk.tree() == before)
        let isComplete = try fixture.events.values().compactMap { event -> Bool? in
            if case .readOnly(_, let isComplete) = event { isComplete } else { nil }
        }
        #expect(isComplete == [true])
        // Only compatible ones do not matter.
        format.readOnlyCompatible = []
        try fixture.disk.process().replaceFile(Self.paths.format, with: format.encoded)
        try fixture.append("three", with: fixture.open("again"))
        try fixture.check(fixture.open("last"))
    }

    @Test(
        "A store whose key was lost or damaged is read to its end, after a restart too, and every write says so",
        arguments: [false, true],
        [false, true]
    )
    func withoutKey(isLost: Bool, afterRestart: Bool) throws {
        var fixture = try StoreFixture()
        let writer = try fixture.open()
        try fixture.append("one", with: writer)
        try fixture.append("two", with: writer)
        try writer.join(RegistryID(foundedBy: [1]))
        let after = fixture.on(afterRestart ? fixture.disk.crashed(.dropAll) : fixture.disk.killed())
        let key = try after.disk.contents(Self.paths.key)
        if isLost { try after.disk.remove(Self.paths.key) } else { try after.disk.flipBit(Self.paths.key, byte: 40) }
        let store = try after.open("reader")
        #expect(store.site == writer.site)
        try after.check(store)
        let code: StorageError.Code = isLost ? .notFound : .corrupted
        let feed = FeedID(site: store.site, epoch: store.epoch, lane: .records)
        let refused = try Self.writes(store) + [failure { _ = try store.checkpoint(of: feed) }]
        for error in refused {
            #expect(error.code == code)
            #expect(error.message.contains("can be read") && error.message.contains("site.key from a backup"))
        }
        #expect(throws: StorageError(code, "")) { _ = try store.requireIdentity() }
        try store.close()
        if !isLost { try after.disk.remove(Self.paths.key) }
        try after.disk.process().createFile(Self.paths.key, with: key)
        #expect(try after.open("restored").append([[3]], to: .records).map(\.position) == [3])
    }

    @Test("A read-only disk is read, and every write says so", arguments: [false, true])
    func readOnlyDisk(afterRestart: Bool) throws {
        var fixture = try StoreFixture()
        let writer = try fixture.open()
        try fixture.append("one", with: writer)
        try fixture.append("two", with: writer)
        try writer.close()
        let disk = afterRestart ? fixture.disk.crashed(.dropAll) : fixture.disk.killed()
        disk.setReadOnly(true)
        let after = fixture.on(disk)
        let store = try after.open("reader")
        try after.check(store)
        for error in try Self.writes(store) {
            #expect(error.code == .readOnly)
            #expect(error.message.contains("nothing can be recorded"))
        }
        try store.close()
        let isComplete = try after.events.values().compactMap { event -> Bool? in
            if case .readOnly(_, let isComplete) = event { isComplete } else { nil }
        }
        #expect(isComplete == [!afterRestart])
        disk.setReadOnly(false)
        #expect(try after.open("writer").append([[3]], to: .records).map(\.position) == [3])
    }

    @Test(
        "On a real disk a store without write permission is read, and every write says so",
        .enabled(if: geteuid() != 0, "the root account may write everywhere")
    )
    func noPermission() throws {
        let directory = try TemporaryDirectory()
        var surroundings = try Surroundings.current()
        surroundings.machine.stateDirectory = "\(directory.path)/state"
        let root = "\(directory.path)/store"
        let entry: [UInt8] = [1, 2, 3]
        _ = try LogStore.create(at: root, alias: "GY", in: surroundings).append([entry], to: .records)
        let paths = StorePaths(root: root)
        for path in [paths.heads, paths.turnstile, paths.appendLock] { #expect(unsafe chmod(path, 0o400) == 0) }
        let store = try LogStore.open(at: root, in: surroundings)
        let row = try #require(try store.frontier().rows.first)
        #expect(try store.entries(of: row.feed, after: 0, limitBytes: 100).map(\.bytes) == [entry])
        for error in try Self.writes(store) { #expect(error.code == .permissionDenied) }
        for path in [paths.heads, paths.turnstile, paths.appendLock] { #expect(unsafe chmod(path, 0o600) == 0) }
        #expect(try LogStore.open(at: root, in: surroundings).append([entry], to: .records).count == 1)
    }
}
