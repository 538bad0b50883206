import LogFormat
import StoreIO

/// A file in the making: under another name until it is whole and durable, and never over one that is there.
final class NewFile {
    let path: String
    private let temporary: String
    private let fileSystem: any FileSystem
    private let file: any OpenFile
    private(set) var lengthBytes: UInt64 = 0

    /// * path: Absolute.
    /// - Throws: ``Failure`` 73 when the name is taken, 66 when the folder is not there; `StorageError`.
    init(_ path: String, in surroundings: Surroundings) throws {
        fileSystem = surroundings.fileSystem
        guard try !fileSystem.exists(path) else { throw Failure(.cannotCreate, .bundle(.taken(path))) }
        let folder = LinuxFileSystem.parent(of: path)
        guard try fileSystem.status(folder)?.kind == .directory else {
            throw Failure(.noInput, .bundle(.noFolder(folder)))
        }
        self.path = path
        temporary = "\(path).part-\(surroundings.random.bytes(4).hexadecimal)"
        file = try fileSystem.openFile(temporary, .create)
    }

    func write(_ bytes: [UInt8]) throws(StorageError) {
        try file.write(bytes, at: lengthBytes)
        lengthBytes += UInt64(bytes.count)
    }

    /// Gives it its name; durable when this returns.
    ///
    /// - Throws: ``Failure`` 73 when the name was taken meanwhile; `StorageError`.
    func finish() throws {
        try file.synchronizeData()
        do throws(StorageError) {
            try fileSystem.renameWithoutReplacing(temporary, to: path)
        } catch {
            throw error.code == .alreadyExists ? Failure(.cannotCreate, .bundle(.taken(path))) : error
        }
        try fileSystem.syncDirectory(LinuxFileSystem.parent(of: path))
    }

    /// Leaves nothing behind.
    func discard() throws(StorageError) {
        if try fileSystem.exists(temporary) { try fileSystem.unlink(temporary) }
    }
}
