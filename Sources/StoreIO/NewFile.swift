/// A file in the making: under another name until it is whole and durable, and never over one that is there.
package final class NewFile {
    /// The name it will have.
    package let path: String
    /// What was written so far.
    package private(set) var lengthBytes: UInt64 = 0
    private let file: any OpenFile

    private init(_ path: String, _ file: any OpenFile) {
        self.path = path
        self.file = file
    }

    /// Makes a file, whole or not at all: durable, name and content, when this returns. Nothing is left of it when this
    /// throws, but for one case: where the folder can not be synced the whole file is there, and a crash may take its name.
    /// A crash on the way leaves at most the part under another name, `path.part-` and a number.
    ///
    /// - Parameters:
    ///   - path: Absolute.
    ///   - surroundings: The disk, and where the other name comes from.
    ///   - content: Writes it, from front to back.
    /// - Returns: What `content` returns.
    /// - Throws: What `content` throws; `StorageError` with `.alreadyExists` when there is something of that name, before
    ///   or after, `.notFound` when there is no such folder, `.noSpace`, `.readOnly`, `.inputOutput`.
    package static func make<Result>(
        _ path: String,
        in surroundings: Surroundings,
        content: (NewFile) throws -> Result
    ) throws -> Result {
        let fileSystem = surroundings.fileSystem
        guard try !fileSystem.exists(path) else { throw taken(path) }
        let folder = LinuxFileSystem.parent(of: path)
        guard try fileSystem.status(folder)?.kind == .directory else {
            throw StorageError(.notFound, "There is no such folder: make it, or name another.", at: .init(path: folder))
        }
        let nonce = surroundings.random.bytes(4).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let temporary = "\(path).part-\(String(nonce, radix: 16))"
        let made = NewFile(path, try fileSystem.openFile(temporary, .create))
        do {
            let result = try content(made)
            try made.file.synchronizeData()
            do throws(StorageError) {
                try fileSystem.renameWithoutReplacing(temporary, to: path)
            } catch {
                throw error.code == .alreadyExists ? taken(path) : error
            }
            try fileSystem.syncDirectory(folder)
            return result
        } catch {
            if try fileSystem.exists(temporary) { try fileSystem.unlink(temporary) }
            throw error
        }
    }

    /// Writes on where the last write ended.
    ///
    /// - Throws: `.noSpace`, `.inputOutput`.
    package func write(_ bytes: [UInt8]) throws(StorageError) {
        try file.write(bytes, at: lengthBytes)
        lengthBytes += UInt64(bytes.count)
    }

    private static func taken(_ path: String) -> StorageError {
        StorageError(
            .alreadyExists,
            "There is already something of that name, and it was not touched: choose another name.",
            at: .init(path: path)
        )
    }
}
