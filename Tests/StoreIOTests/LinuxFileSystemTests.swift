import Glibc
import StoreIO
import TestSupport
import Testing

@Suite("The real disk")
struct LinuxFileSystemTests {
    private let temporary: TemporaryDirectory
    private let files = LinuxFileSystem()

    init() throws { temporary = try TemporaryDirectory() }

    private func path(_ name: String) -> String { "\(temporary.path)/\(name)" }

    @Test("Files are made with mode 0600 and directories with 0700, by and for this account")
    func modes() throws {
        try files.createFile(path("file"), with: [1])
        try files.makeDirectory(path("folder"))
        let file = try #require(try files.status(path("file")))
        let folder = try #require(try files.status(path("folder")))
        #expect(file.mode == 0o600 && file.kind == .file && file.sizeBytes == 1 && file.ownerID == getuid())
        #expect(folder.mode == 0o700 && folder.kind == .directory)
        #expect(file.inode != folder.inode && file.device == folder.device)
    }

    @Test("A link, a pipe or a folder in the place of a file is refused and blocks nobody", arguments: FileAccess.all)
    func onlyRegularFiles(access: FileAccess) throws {
        try files.createFile(path("target"), with: [1])
        #expect(unsafe symlink(path("target"), path("link")) == 0)
        #expect(unsafe mkfifo(path("pipe"), 0o600) == 0)
        try files.makeDirectory(path("folder"))
        for name in ["link", "pipe", "folder"] {
            let error = #expect(throws: StorageError.self) { _ = try files.openFile(path(name), access) }
            #expect(error?.code == (access == .create ? .alreadyExists : .invalidArgument), "\(name)")
            #expect(error?.location?.path == path(name))
        }
    }

    @Test("Reads stop at the end of the file, and asking for exactly so many bytes says where it ended")
    func endOfFile() throws {
        try files.createFile(path("file"), with: [1, 2, 3])
        let file = try files.openFile(path("file"), .read)
        #expect(try file.read(upTo: 10, at: 1) == [2, 3])
        #expect(try file.read(upTo: 10, at: 99) == [])
        #expect(try file.read(exactly: 3, at: 0) == [1, 2, 3])
        let error = #expect(throws: StorageError.self) { _ = try file.read(exactly: 3, at: 1) }
        #expect(error?.code == .corrupted && error?.location?.offsetBytes == 1)
        #expect(try file.readAll(limitBytes: 3) == [1, 2, 3])
        #expect(throws: StorageError(.tooLarge, "")) { _ = try file.readAll(limitBytes: 2) }
        #expect(throws: StorageError(.invalidArgument, "")) { try file.write([1], at: 0) }
        #expect(throws: StorageError(.noSpace, "")) { _ = try file.read(upTo: 1, at: .max) }
    }

    @Test(
        "A whole file is read up to its limit and not beyond",
        arguments: [0, 65_535, 65_536, 65_537, 131_072, 400_000]
    )
    func whole(count: Int) throws {
        let written = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        try files.createFile(path("file"), with: written)
        let file = try files.openFile(path("file"), .read)
        #expect(try file.readAll(limitBytes: count) == written)
        #expect(try file.readAll(limitBytes: 1 << 24) == written)
        guard count > 0 else { return }
        #expect(throws: StorageError(.tooLarge, "")) { _ = try file.readAll(limitBytes: count - 1) }
    }

    @Test("A file of the kernel that says it is empty is read")
    func kernelFile() throws {
        let file = try files.openFile("/proc/self/status", .read)
        #expect(try file.status().sizeBytes == 0)
        #expect(try !file.readAll(limitBytes: 1 << 20).isEmpty)
    }

    @Test("A reserved range belongs to the file and reads as zeros")
    func allocation() throws {
        let file = try files.openFile(path("file"), .create)
        try file.write([7], at: 0)
        try file.allocate(0..<100_000)
        #expect(try file.status().sizeBytes == 100_000)
        let bytes = try file.readAll(limitBytes: 100_000)
        #expect(bytes[0] == 7 && bytes.dropFirst().allSatisfy { $0 == 0 })
    }

    @Test("Locks hold between handles of one process and go with the handle")
    func locks() throws {
        let one = try files.openFile(path("lock"), .openOrCreate)
        var two: (any OpenFile)? = try files.openFile(path("lock"), .read)
        #expect(try two?.lock(.exclusive, waiting: true) == true)
        #expect(try one.lock(.shared, waiting: false) == false)
        two = nil
        #expect(try one.lock(.exclusive, waiting: false))
        try one.unlock()
    }

    @Test("Missing folders are made one by one; something else in the way is said")
    func makeDirectories() throws {
        try files.makeDirectories(path("a/b/c"))
        try files.makeDirectories(path("a/b/c"))
        #expect(try files.listDirectory(path("a/b")) == ["c"])
        try files.createFile(path("a/file"), with: [])
        #expect(throws: StorageError(.invalidArgument, "")) { try files.makeDirectories(path("a/file")) }
        #expect(throws: StorageError(.invalidArgument, "")) { try files.makeDirectories(path("a/file/b")) }
    }

    @Test("What a broken-off replacement left behind does not disturb the next one")
    func replaceAfterLeftovers() throws {
        try files.createFile(path("file.new"), with: [9, 9, 9])
        try files.replaceFile(path("file"), with: [1])
        try files.replaceFile(path("file"), with: [2])
        #expect(try files.readFile(path("file"), limitBytes: 10) == [2])
        #expect(try files.listDirectory(temporary.path) == ["file"])
    }

    @Test("Free space is known")
    func freeSpace() throws {
        #expect(try files.freeSpaceBytes(temporary.path) > 0)
        #expect(throws: StorageError(.notFound, "")) { _ = try files.freeSpaceBytes(path("nothing")) }
    }

    @Test("The folder of a path is what stands before its last slash")
    func parents() {
        #expect(LinuxFileSystem.parent(of: "/a/b") == "/a")
        #expect(LinuxFileSystem.parent(of: "/a") == "/")
    }
}

extension FileAccess {
    fileprivate static let all: [FileAccess] = [.read, .readWrite, .create, .openOrCreate]
}
