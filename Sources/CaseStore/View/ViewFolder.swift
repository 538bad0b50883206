import LogFormat
import StoreIO

/// The folder `view/`: the read model's files, `<schema>-<generation>.sqlite`, and `CURRENT`, which names the one in use.
///
/// A new file is built beside the old one and named when it is whole and durable. Building and naming happen under a
/// lock, so that of two processes that find the file unusable one builds and the other waits for it.
struct ViewFolder: Sendable {
    let path: String
    let fileSystem: any FileSystem

    /// Takes the lock; it is released when the handle goes.
    func lock() throws(StorageError) -> any OpenFile {
        if try !fileSystem.exists(path) { try fileSystem.makeDirectories(path) }
        let file = try fileSystem.openFile("\(path)/LOCK", .openOrCreate)
        _ = try file.lock(.exclusive, waiting: true)
        return file
    }

    /// The file in use; nil when `CURRENT` is missing or senseless, or names a file that is gone or of another version.
    func current() throws(StorageError) -> String? {
        guard let name = try named(), name.hasPrefix("\(ViewSchema.version)-"),
            try fileSystem.exists("\(path)/\(name)")
        else { return nil }
        return "\(path)/\(name)"
    }

    /// What `CURRENT` names, there or not; nil when it is missing or senseless.
    private func named() throws(StorageError) -> String? {
        let bytes: [UInt8]
        do throws(StorageError) {
            bytes = try fileSystem.readFile("\(path)/CURRENT", limitBytes: 256)
        } catch {
            guard error.code == .notFound || error.code == .tooLarge else { throw error }
            return nil
        }
        let end = bytes.lastIndex { $0 > UInt8(ascii: " ") }.map { $0 + 1 } ?? 0
        let name = String(decoding: bytes[..<end], as: UTF8.self)
        return Self.generation(of: name) == nil ? nil : name
    }

    /// Makes the file that is built next, empty and closed to other accounts from the first byte, and runs `body` with its
    /// path. When that fails the file is removed: the room it takes may be what is missing. Only under the lock.
    func building<Result>(_ body: (String) throws -> Result) throws -> Result {
        var last = 0
        let named = try named()
        for name in try fileSystem.listDirectory(path) {
            let isBeside = name.hasSuffix("-wal") || name.hasSuffix("-shm")
            let database = isBeside ? String(name.dropLast(4)) : name
            guard let generation = Self.generation(of: database) else { continue }
            last = max(last, generation)
            // Whoever built it was killed: nobody will ever name it.
            if database != named { try fileSystem.unlink("\(path)/\(name)") }
        }
        let file = "\(path)/\(ViewSchema.version)-\(last + 1).sqlite"
        do {
            try fileSystem.createFile(file, with: [])
            return try body(file)
        } catch {
            do throws(StorageError) {
                try discard(file)
            } catch {
                // What kept it from being built says more; the next one that is built removes it.
            }
            throw error
        }
    }

    /// Names a file as the one in use and removes the others. Only under the lock.
    func makeCurrent(_ file: String) throws(StorageError) {
        let name = String(file.dropFirst(path.count + 1))
        let database = try fileSystem.openFile(file, .readWrite)
        try database.synchronizeData()
        try fileSystem.syncDirectory(path)
        try fileSystem.replaceFile("\(path)/CURRENT", with: Array((name + "\n").utf8))
        for other in try fileSystem.listDirectory(path) where other.contains(".sqlite") && !other.hasPrefix(name) {
            try fileSystem.unlink("\(path)/\(other)")
        }
    }

    private func discard(_ file: String) throws(StorageError) {
        for path in [file, file + "-wal", file + "-shm"] where try fileSystem.exists(path) {
            try fileSystem.unlink(path)
        }
    }

    /// The second number of `<schema>-<generation>.sqlite`. By hand: a regular expression costs every command a millisecond.
    private static func generation(of name: String) -> Int? {
        guard name.hasSuffix(".sqlite") else { return nil }
        let numbers = name.utf8.dropLast(".sqlite".utf8.count).split(
            separator: UInt8(ascii: "-"),
            omittingEmptySubsequences: false
        )
        guard numbers.count == 2, (1...6).contains(numbers[0].count), (1...12).contains(numbers[1].count),
            numbers.allSatisfy({ $0.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } })
        else { return nil }
        return numbers[1].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }
}
