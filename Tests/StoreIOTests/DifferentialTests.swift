import StoreIO
import TestSupport
import Testing

/// The simulated disk against the real one: the same calls, the same answers.
@Suite("The simulated disk and the real one agree")
struct DifferentialTests {
    @Test(
        "Random calls without faults give the same results, the same failures and the same bytes",
        arguments: Seeds.run(24)
    )
    func sameCallsSameAnswers(seed: UInt64) throws {
        let temporary = try TemporaryDirectory()
        let disk = SimulatedDisk()
        var real = Side(fileSystem: LinuxFileSystem(), root: temporary.path)
        var simulated = Side(fileSystem: disk.process(), root: "/srv")
        var generator = SplitMix64(seed: seed)
        for step in 0..<400 {
            let action = Action.random(using: &generator, openFiles: real.files.count)
            let expected = real.perform(action)
            let found = simulated.perform(action)
            try #require(found == expected, "seed \(seed), step \(step): \(action)")
        }
        for name in Action.paths where name.utf8.count < 200 {
            let status = try real.fileSystem.status(temporary.path + name)
            guard status?.kind == .file else { continue }
            let bytes = try real.fileSystem.readFile(temporary.path + name, limitBytes: 1 << 20)
            #expect(try disk.contents("/srv" + name) == bytes, "seed \(seed): \(name)")
        }
    }
}

/// One call, with what it needs beside the file system.
private enum Action: CustomStringConvertible {
    case open(String, FileAccess)
    case close(Int)
    case list(String)
    case makeDirectory(String)
    case makeDirectories(String)
    case rename(String, String, replacing: Bool)
    case unlink(String)
    case removeDirectory(String)
    case syncDirectory(String)
    case status(String)
    case replace(String, [UInt8])
    case read(Int, UInt64, Int)
    case write(Int, UInt64, [UInt8])
    case synchronize(Int)
    case allocate(Int, Range<UInt64>)
    case fileStatus(Int)
    case lock(Int, LockMode)
    case unlock(Int)

    /// Few names, so that calls meet; some below others, some of the wrong kind.
    static let paths = [
        "/a", "/b", "/d", "/d/a", "/d/b", "/d/e", "/d/e/a", "/é", "/a/x", "/" + String(repeating: "n", count: 256),
    ]

    static func random(using generator: inout SplitMix64, openFiles: Int) -> Action {
        func path(_ generator: inout SplitMix64) -> String { paths[generator.below(paths.count)] }
        let offset = UInt64([0, 1, 511, 512, 4095, 4096, 9_000][generator.below(7)])
        if openFiles > 0, generator.chance(3, in: 5) {
            let file = generator.below(openFiles)
            switch generator.below(9) {
            case 0: return .close(file)
            case 1, 2: return .read(file, offset, generator.below(6_000))
            case 3, 4: return .write(file, offset, generator.bytes(generator.below(1_500)))
            case 5: return .allocate(file, offset..<offset + UInt64(generator.below(5_000)))
            case 6: return generator.chance(1, in: 2) ? .synchronize(file) : .fileStatus(file)
            case 7: return .lock(file, generator.chance(1, in: 2) ? .shared : .exclusive)
            default: return .unlock(file)
            }
        }
        switch generator.below(12) {
        case 0, 1, 2:
            let access: [FileAccess] = [.read, .readWrite, .create, .openOrCreate]
            return .open(path(&generator), access[generator.below(4)])
        case 3: return .list(path(&generator))
        case 4: return .makeDirectory(path(&generator))
        case 5: return .rename(path(&generator), path(&generator), replacing: true)
        case 6: return .rename(path(&generator), path(&generator), replacing: false)
        case 7: return generator.chance(1, in: 2) ? .unlink(path(&generator)) : .removeDirectory(path(&generator))
        case 8: return .syncDirectory(path(&generator))
        case 9: return .status(path(&generator))
        case 10: return .makeDirectories(path(&generator))
        default: return .replace(path(&generator), generator.bytes(generator.below(3_000)))
        }
    }

    var description: String {
        switch self {
        case .write(let file, let offset, let bytes): "write \(bytes.count) bytes to file \(file) at \(offset)"
        case .replace(let path, let bytes): "replace \(path) with \(bytes.count) bytes"
        case .open(let path, let access): "open \(path) \(access)"
        case .rename(let source, let destination, let replacing):
            "rename \(source) to \(destination) replacing \(replacing)"
        case .close(let file): "close file \(file)"
        case .list(let path): "list \(path)"
        case .makeDirectory(let path): "mkdir \(path)"
        case .makeDirectories(let path): "mkdir -p \(path)"
        case .unlink(let path): "unlink \(path)"
        case .removeDirectory(let path): "rmdir \(path)"
        case .syncDirectory(let path): "sync \(path)"
        case .status(let path): "status \(path)"
        case .read(let file, let offset, let count): "read \(count) bytes of file \(file) at \(offset)"
        case .synchronize(let file): "fdatasync file \(file)"
        case .allocate(let file, let range): "allocate \(range) of file \(file)"
        case .fileStatus(let file): "fstat file \(file)"
        case .lock(let file, let mode): "lock file \(file) \(mode)"
        case .unlock(let file): "unlock file \(file)"
        }
    }
}

/// A file system, a place in it, and the files open there.
private struct Side {
    let fileSystem: any FileSystem
    let root: String
    var files: [any OpenFile] = []

    /// What a caller can see of a call: its value, or the kind of its failure and the call that failed.
    mutating func perform(_ action: Action) -> String {
        do throws(StorageError) {
            return try value(of: action)
        } catch {
            let number = (error.cause as? SystemCallFailure)?.number ?? 0
            return "\(error.code) \(number)"
        }
    }

    private mutating func value(of action: Action) throws(StorageError) -> String {
        switch action {
        case .open(let path, let access):
            files.append(try fileSystem.openFile(root + path, access))
        case .close(let file):
            files.remove(at: file)
        case .list(let path):
            return "\(try fileSystem.listDirectory(root + path))"
        case .makeDirectory(let path):
            try fileSystem.makeDirectory(root + path)
        case .makeDirectories(let path):
            try fileSystem.makeDirectories(root + path)
        case .rename(let source, let destination, true):
            try fileSystem.rename(root + source, to: root + destination)
        case .rename(let source, let destination, false):
            try fileSystem.renameWithoutReplacing(root + source, to: root + destination)
        case .unlink(let path):
            try fileSystem.unlink(root + path)
        case .removeDirectory(let path):
            try fileSystem.removeDirectory(root + path)
        case .syncDirectory(let path):
            try fileSystem.syncDirectory(root + path)
        case .status(let path):
            return describe(try fileSystem.status(root + path))
        case .replace(let path, let bytes):
            try fileSystem.replaceFile(root + path, with: bytes)
        case .read(let file, let offset, let count):
            return "\(try files[file].read(upTo: count, at: offset))"
        case .write(let file, let offset, let bytes):
            try files[file].write(bytes, at: offset)
        case .synchronize(let file):
            try files[file].synchronizeData()
        case .allocate(let file, let range):
            try files[file].allocate(range)
        case .fileStatus(let file):
            return describe(try files[file].status())
        case .lock(let file, let mode):
            return "\(try files[file].lock(mode, waiting: false))"
        case .unlock(let file):
            try files[file].unlock()
        }
        return "done"
    }

    private func describe(_ status: FileStatus?) -> String {
        guard let status else { return "nothing" }
        return "\(status.kind) \(status.kind == .file ? status.sizeBytes : 0) \(status.mode)"
    }
}
