import StoreIO

/// The real disk, with a process that dies at a call of the caller's choice: so the product needs no kill points.
struct KillingFileSystem: FileSystem {
    let disk = LinuxFileSystem()
    let calls: Calls

    func openFile(_ path: String, _ access: FileAccess) throws(StorageError) -> any OpenFile {
        let file: any OpenFile
        switch access {
        case .read, .readWrite: file = try disk.openFile(path, access)
        case .create, .openOrCreate:
            file = try calls.run("create", path) { () throws(StorageError) in try disk.openFile(path, access) }
        }
        return KillingFile(file: file, calls: calls)
    }

    func listDirectory(_ path: String) throws(StorageError) -> [String] { try disk.listDirectory(path) }

    func makeDirectory(_ path: String) throws(StorageError) {
        try calls.run("mkdir", path) { () throws(StorageError) in try disk.makeDirectory(path) }
    }

    func rename(_ source: String, to destination: String) throws(StorageError) {
        try calls.run("rename", destination) { () throws(StorageError) in try disk.rename(source, to: destination) }
    }

    func renameWithoutReplacing(_ source: String, to destination: String) throws(StorageError) {
        try calls.run("rename", destination) { () throws(StorageError) in
            try disk.renameWithoutReplacing(source, to: destination)
        }
    }

    func unlink(_ path: String) throws(StorageError) {
        try calls.run("unlink", path) { () throws(StorageError) in try disk.unlink(path) }
    }

    func removeDirectory(_ path: String) throws(StorageError) {
        try calls.run("rmdir", path) { () throws(StorageError) in try disk.removeDirectory(path) }
    }

    func syncDirectory(_ path: String) throws(StorageError) {
        try calls.run("syncDirectory", path) { () throws(StorageError) in try disk.syncDirectory(path) }
    }

    func status(_ path: String) throws(StorageError) -> FileStatus? { try disk.status(path) }

    func freeSpaceBytes(_ path: String) throws(StorageError) -> UInt64 { try disk.freeSpaceBytes(path) }
}

/// An open file of a ``KillingFileSystem``.
final class KillingFile: OpenFile {
    private let file: any OpenFile
    private let calls: Calls

    init(file: any OpenFile, calls: Calls) {
        self.file = file
        self.calls = calls
    }

    var path: String { file.path }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offsetBytes: UInt64) throws(StorageError) -> Int {
        try unsafe file.read(into: buffer, at: offsetBytes)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offsetBytes: UInt64) throws(StorageError) {
        let half = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count / 2)])
        try calls.run(
            "pwrite",
            path,
            half: { () throws(StorageError) in try unsafe self.file.write(half, at: offsetBytes) },
            { () throws(StorageError) in try unsafe self.file.write(bytes, at: offsetBytes) }
        )
    }

    func startWriting(_ range: Range<UInt64>) { file.startWriting(range) }

    func synchronizeData() throws(StorageError) {
        try calls.run("fdatasync", path) { () throws(StorageError) in try file.synchronizeData() }
    }

    func allocate(_ range: Range<UInt64>) throws(StorageError) {
        try calls.run("fallocate", path) { () throws(StorageError) in try file.allocate(range) }
    }

    func status() throws(StorageError) -> FileStatus { try file.status() }

    func lock(_ mode: LockMode, waiting: Bool) throws(StorageError) -> Bool {
        try calls.run("lock", path) { () throws(StorageError) in try file.lock(mode, waiting: waiting) }
    }

    func lock(waitingNanoseconds: UInt64) throws(StorageError) -> Bool {
        try calls.run("lock", path) { () throws(StorageError) in
            try file.lock(waitingNanoseconds: waitingNanoseconds)
        }
    }

    func unlock() throws(StorageError) {
        try calls.run("unlock", path) { () throws(StorageError) in try file.unlock() }
    }

    func lockHolder() -> LockHolder? { file.lockHolder() }
}
