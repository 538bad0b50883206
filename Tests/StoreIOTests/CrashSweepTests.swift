import StoreIO
import Synchronization
import TestSupport
import Testing

/// The sweep is only worth something if it finds what is wrong: a small log that does everything right passes, and each
/// way of doing one thing wrong is caught.
@Suite("A sweep over every crash")
struct CrashSweepTests {
    @Test("A log that syncs what it acknowledges passes, at every call and for every cut")
    func correct() throws {
        let judged = try sweep(.none)
        #expect(judged > 200)
    }

    @Test("Each wrong way of writing is caught", arguments: SeededBug.allCases.filter { $0 != .none })
    func bugsAreCaught(bug: SeededBug) throws {
        let failure = #expect(throws: CrashFailure.self) { try sweep(bug) }
        #expect(failure?.description.contains("seed 11, ") == true)
    }

    /// What a small log may do wrong.
    enum SeededBug: CaseIterable, Sendable {
        case none, acknowledgeBeforeSync, noDirectorySync, noChecksum, appendAfterTornTail, replaceInPlace
    }

    private func sweep(_ bug: SeededBug) throws -> Int {
        let disk = SimulatedDisk(seed: 11)
        let acknowledged = Acknowledged()
        return try CrashSweep(singleItems: 6, seededCuts: 4).run(on: disk) {
            let log = try SmallLog(disk.process(), bug)
            for value in UInt8(1)...4 {
                try log.append([UInt8](repeating: value, count: 300 * Int(value))) { acknowledged.add(value) }
            }
            try log.setName([7, 7, 7]) { acknowledged.setName() }
        } judge: { after, _ in
            let (count, named) = acknowledged.current()
            let log = try SmallLog(after.process(), bug)
            try check(log, atLeast: count, named: named)
            try log.append([UInt8](repeating: 99, count: 500)) {}
            let again = try SmallLog(after.crashed(.dropAll).process(), bug)
            try check(again, atLeast: count, named: named)
            guard try again.values().last == 99 else { throw Wrong(what: "an append after recovery is lost") }
        }
    }

    private func check(_ log: SmallLog, atLeast count: UInt8, named: Bool) throws {
        let values = try log.values().filter { $0 != 99 }
        guard values.count >= Int(count), values == Array(1...4).prefix(values.count).map(UInt8.init) else {
            throw Wrong(what: "acknowledged \(count), found \(values)")
        }
        let name = try log.name()
        guard name == [7, 7, 7] || (name == [5, 5, 5, 5] && !named) || (name == nil && count == 0) else {
            throw Wrong(what: "the name is \(name.map { "\($0)" } ?? "gone")")
        }
    }
}

private struct Wrong: Error, CustomStringConvertible {
    var what: String
    var description: String { what }
}

private final class Acknowledged: Sendable {
    private let state = Mutex<(count: UInt8, named: Bool)>((0, false))
    func add(_ value: UInt8) { state.withLock { $0.count = value } }
    func setName() { state.withLock { $0.named = true } }
    func current() -> (UInt8, Bool) { state.withLock { $0 } }
}

/// A log of records {length, checksum, bytes} in one file, and a name in another.
private struct SmallLog {
    private let files: any FileSystem
    private let bug: CrashSweepTests.SeededBug
    private let file: any OpenFile
    private static let path = "/srv/log"
    private static let namePath = "/srv/name"

    init(_ files: any FileSystem, _ bug: CrashSweepTests.SeededBug) throws {
        self.files = files
        self.bug = bug
        file = try files.openFile(Self.path, .openOrCreate)
        if bug != .noDirectorySync { try files.syncDirectory("/srv") }
        if try !files.exists(Self.namePath) { try files.replaceFile(Self.namePath, with: [5, 5, 5, 5]) }
    }

    func append(_ bytes: [UInt8], acknowledge: () -> Void) throws {
        var record = header(of: bytes)
        record.append(contentsOf: bytes)
        let end = bug == .appendAfterTornTail ? try file.status().sizeBytes : UInt64(try scan().end)
        try file.write(record, at: end)
        if bug == .acknowledgeBeforeSync { acknowledge() }
        try file.synchronizeData()
        if bug != .acknowledgeBeforeSync { acknowledge() }
    }

    func setName(_ bytes: [UInt8], acknowledge: () -> Void) throws {
        if bug == .replaceInPlace {
            // One byte after the other, as a careless program does.
            let name = try files.openFile(Self.namePath, .readWrite)
            for (offset, byte) in (bytes + [0]).enumerated() { try name.write([byte], at: UInt64(offset)) }
            try name.synchronizeData()
        } else {
            try files.replaceFile(Self.namePath, with: bytes)
        }
        acknowledge()
    }

    func values() throws -> [UInt8] { try scan().values }

    func name() throws -> [UInt8]? {
        guard try files.exists(Self.namePath) else { return nil }
        return try files.readFile(Self.namePath, limitBytes: 16)
    }

    private func header(of bytes: [UInt8]) -> [UInt8] {
        let sum = bytes.reduce(UInt32(bytes.count)) { $0 &* 31 &+ UInt32($1) }
        let words = [UInt32(bytes.count), bug == .noChecksum ? 0 : sum]
        return words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) } }
    }

    private func scan() throws -> (values: [UInt8], end: Int) {
        let all = try file.readAll(limitBytes: 1 << 20)
        var values: [UInt8] = []
        var position = 0
        while position + 8 <= all.count {
            let length = (0..<4).reduce(0) { $0 | Int(all[position + $1]) << (8 * $1) }
            guard length > 0, position + 8 + length <= all.count else { break }
            let bytes = Array(all[position + 8..<position + 8 + length])
            guard Array(all[position..<position + 8]) == header(of: bytes) else { break }
            values.append(Set(bytes).count == 1 ? bytes[0] : 0)
            position += 8 + length
        }
        return (values, position)
    }
}
