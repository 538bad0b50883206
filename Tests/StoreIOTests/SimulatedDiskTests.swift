import StoreIO
import TestSupport
import Testing

@Suite("The simulated disk")
struct SimulatedDiskTests {
    private let disk = SimulatedDisk(seed: 7)

    private func write(_ bytes: [UInt8], to path: String, by process: SimulatedProcess, sync: Bool) throws {
        let file = try process.openFile(path, .openOrCreate)
        try file.write(bytes, at: 0)
        if sync { try file.synchronizeData() }
    }

    @Test("Synced data under a synced name survives a power cut that loses everything else")
    func syncedSurvives() throws {
        let process = disk.process()
        try process.createFile("/srv/a", with: [1, 2, 3])
        let file = try process.openFile("/srv/a", .readWrite)
        try file.write([9], at: 0)
        let after = disk.crashed(.dropAll)
        #expect(try after.contents("/srv/a") == [1, 2, 3])
        #expect(try disk.contents("/srv/a") == [9, 2, 3], "the original goes on undisturbed")
        #expect(try disk.killed().contents("/srv/a") == [9, 2, 3], "a killed process leaves the page cache")
    }

    @Test("A file whose data is synced may still lose its name")
    func namelessFile() throws {
        let process = disk.process()
        try write([1], to: "/srv/a", by: process, sync: true)
        #expect(try disk.crashed(.dropAll).tree("/srv") == [])
        #expect(try disk.crashed(CrashPolicy(data: .dropAll, names: .keepAll)).contents("/srv/a") == [1])
        try process.syncDirectory("/srv")
        #expect(try disk.crashed(.dropAll).contents("/srv/a") == [1])
    }

    @Test("A name may survive without the data of its file")
    func emptyFile() throws {
        let process = disk.process()
        try write([1, 2], to: "/srv/a", by: process, sync: false)
        try process.syncDirectory("/srv")
        #expect(try disk.crashed(.dropAll).contents("/srv/a") == [])
    }

    @Test("Each unsynced sector is kept or lost for itself, and the size for itself")
    func sectorsAreIndependent() throws {
        let process = disk.process()
        try process.createFile("/srv/a", with: [UInt8](repeating: 1, count: 2048))
        let file = try process.openFile("/srv/a", .readWrite)
        try file.write([UInt8](repeating: 2, count: 1536), at: 1024)
        #expect(disk.unsyncedData == 4, "three sectors and the size")
        for kept in 0..<3 {
            let found = try disk.crashed(CrashPolicy(data: .only(kept), names: .keepAll)).contents("/srv/a")
            #expect(found.count == 2048)
            for sector in 0..<4 {
                let expected: UInt8 = sector == kept + 2 ? 2 : 1
                #expect(found[sector * 512..<(sector + 1) * 512].allSatisfy { $0 == expected })
            }
        }
        let grown = try disk.crashed(CrashPolicy(data: .only(3), names: .keepAll)).contents("/srv/a")
        #expect(grown == [UInt8](repeating: 1, count: 2048) + [UInt8](repeating: 0, count: 512), "zeros, not data")
        let lost = try disk.crashed(CrashPolicy(data: .allBut(0), names: .keepAll)).contents("/srv/a")
        #expect(lost[1024] == 1 && lost[1536] == 2 && lost.count == 2560)
    }

    @Test("Seeded power cuts reach old, new, older unsynced and torn sectors, and repeat with their seed")
    func seededCuts() throws {
        let process = disk.process()
        try process.createFile("/srv/a", with: [UInt8](repeating: 1, count: 512))
        let file = try process.openFile("/srv/a", .readWrite)
        try file.write([UInt8](repeating: 2, count: 512), at: 0)
        try file.write([UInt8](repeating: 3, count: 512), at: 0)
        var seen: Set<Set<UInt8>> = []
        for seed in UInt64(0)..<200 {
            let found = try disk.crashed(.seeded(seed)).contents("/srv/a")
            seen.insert(Set(found))
            #expect(try disk.crashed(.seeded(seed)).contents("/srv/a") == found)
        }
        #expect(seen == [[1], [2], [3], [1, 2], [2, 3]])
    }

    @Test("Names change one at a time: every combination of two unsynced changes can be found after a power cut")
    func namesAreIndependent() throws {
        let process = disk.process()
        try process.createFile("/srv/old", with: [1])
        try write([2], to: "/srv/new", by: process, sync: true)
        try process.unlink("/srv/old")
        var seen: Set<[String]> = []
        for seed in UInt64(0)..<64 { seen.insert(try disk.crashed(.seeded(seed)).tree("/srv")) }
        #expect(seen == [[], ["/srv/new"], ["/srv/old"], ["/srv/new", "/srv/old"]])
    }

    @Test("A rename is whole or not at all, also between directories, and syncing either directory makes it durable")
    func renamesAreAtomic() throws {
        let process = disk.process()
        for directory in ["/srv/a", "/srv/b"] { try process.makeDirectories(directory) }
        try process.createFile("/srv/a/file", with: [1])
        try process.rename("/srv/a/file", to: "/srv/b/file")
        for seed in UInt64(0)..<32 {
            let found = try disk.crashed(.seeded(seed)).tree("/srv")
            #expect(found == ["/srv/a", "/srv/a/file", "/srv/b"] || found == ["/srv/a", "/srv/b", "/srv/b/file"])
        }
        try process.syncDirectory("/srv/a")
        #expect(try disk.crashed(.dropAll).tree("/srv") == ["/srv/a", "/srv/b", "/srv/b/file"])
        #expect(try disk.crashed(.keepAll).tree("/srv") == ["/srv/a", "/srv/b", "/srv/b/file"])
    }

    @Test("Replacing a file leaves the old bytes or the new ones, whole, whatever is lost at whatever call")
    func replaceIsAtomic() throws {
        let old = [UInt8](repeating: 1, count: 700)
        let new = [UInt8](repeating: 2, count: 900)
        try disk.process().createFile("/srv/a", with: old)
        let found = Recorded<[UInt8]>()
        let disk = disk
        disk.observe { _ in
            for seed in UInt64(0)..<16 {
                found.append { try disk.crashed(.seeded(seed)).contents("/srv/a") }
            }
            found.append { try disk.crashed(.dropAll).contents("/srv/a") }
            found.append { try disk.crashed(.keepAll).contents("/srv/a") }
        }
        try disk.process().replaceFile("/srv/a", with: new)
        disk.observe(nil)
        let contents = try found.values()
        #expect(Set(contents) == [old, new])
        #expect(try disk.crashed(.dropAll).contents("/srv/a") == new, "durable when it returned")
    }

    @Test(
        "A replacement that fails at whatever call leaves the old bytes or the new ones, and nothing beside them",
        arguments: [DiskFault.noSpace, .shortWrite, .inputOutput, .readOnly]
    )
    func replaceFails(fault: DiskFault) throws {
        try disk.process().createFile("/srv/a", with: [1])
        let judged = try FaultSweep.run(fault, from: disk) { process throws(StorageError) in
            try process.replaceFile("/srv/a", with: [2, 2])
        } judge: { disk, failure in
            let allowed: [[UInt8]] = failure == nil ? [[2, 2]] : [[1], [2, 2]]
            let (names, contents) = (try disk.tree("/srv"), try disk.contents("/srv/a"))
            #expect(names == ["/srv/a"] && allowed.contains(contents))
        }
        #expect(judged >= 6)
    }

    @Test("A replacement on a disk that lets go of nothing says the first failure, and the next one clears up")
    func replaceFailsForGood() throws {
        try disk.process().createFile("/srv/a", with: [1])
        let stuck = disk.process(
            "stuck",
            faults: FaultPlan { call in
                switch call.operation {
                case .write: .noSpace
                case .unlink: .readOnly
                default: nil
                }
            }
        )
        #expect(throws: StorageError(.noSpace, "")) { try stuck.replaceFile("/srv/a", with: [2]) }
        #expect(try disk.tree("/srv") == ["/srv/a", "/srv/a.new"])
        let next = disk.process("next", faults: FaultPlan { $0.operation == .write ? .noSpace : nil })
        #expect(throws: StorageError(.noSpace, "")) { try next.replaceFile("/srv/a", with: [2]) }
        #expect(try disk.tree("/srv") == ["/srv/a"])
        #expect(try disk.contents("/srv/a") == [1])
    }

    @Test("Without the directory sync the same replacement can be lost: the simulator sees the missing call")
    func missingDirectorySyncIsSeen() throws {
        let process = disk.process()
        try process.createFile("/srv/a", with: [1])
        try write([2], to: "/srv/a.new", by: process, sync: true)
        try process.rename("/srv/a.new", to: "/srv/a")
        #expect(try disk.crashed(.dropAll).contents("/srv/a") == [1])
    }

    @Test("A failed sync that lies shows the new bytes until the page cache is dropped, and no later sync writes them")
    func lyingSync() throws {
        try disk.process().createFile("/srv/a", with: [1])
        let process = disk.process("liar", faults: FaultPlan { $0.operation == .synchronize ? .lyingSync : nil })
        let file = try process.openFile("/srv/a", .readWrite)
        try file.write([2], at: 0)
        #expect(throws: StorageError(.inputOutput, "")) { try file.synchronizeData() }
        #expect(try disk.contents("/srv/a") == [2])
        try disk.process("other").openFile("/srv/a", .readWrite).synchronizeData()
        #expect(try disk.durableContents("/srv/a") == [1])
        disk.dropCleanPages()
        #expect(try disk.contents("/srv/a") == [1])
    }

    @Test("A process is gone from the call named on, and its locks with it", arguments: [0, 1, 2, 3])
    func killAtCall(index: Int) throws {
        let process = disk.process("victim", faults: .at(index, .killBefore))
        #expect(throws: StorageError(.halted, "")) {
            let file = try process.openFile("/srv/a", .openOrCreate)
            _ = try file.lock(.exclusive, waiting: false)
            try file.write([1, 2, 3, 4], at: 0)
            try file.synchronizeData()
        }
        #expect(!process.isAlive && process.callCount == index + 1)
        #expect(throws: StorageError(.halted, "")) { _ = try process.exists("/srv") }
        let next = try disk.process("next").openFile("/srv/a", .openOrCreate)
        #expect(try next.lock(.exclusive, waiting: true))
        #expect(try next.status().sizeBytes == (index == 3 ? 4 : 0))
    }

    @Test("Killed in the middle of a write, half of it is there; killed after it, all")
    func killDuringWrite() throws {
        for (fault, count) in [(DiskFault.killBefore, 0), (.killDuring, 2), (.killAfter, 4)] {
            let disk = SimulatedDisk()
            let file = try disk.process("victim", faults: .at(1, fault)).openFile("/srv/a", .create)
            #expect(throws: StorageError(.halted, "")) { try file.write([1, 2, 3, 4], at: 0) }
            #expect(try disk.contents("/srv/a").count == count)
        }
    }

    @Test("A full disk takes what fits and reports the rest; a reservation holds")
    func fullDisk() throws {
        let process = disk.process()
        let file = try process.openFile("/srv/a", .create)
        disk.setFreeSpace(bytes: 8192)
        #expect(throws: StorageError(.noSpace, "")) { try file.allocate(0..<10_000) }
        try file.allocate(0..<8192)
        #expect(try process.freeSpaceBytes("/srv") == 0)
        try file.write([UInt8](repeating: 1, count: 8192), at: 0)
        #expect(throws: StorageError(.noSpace, "")) { try file.write([1, 1], at: 8191) }
        #expect(try file.status().sizeBytes == 8192)
        try process.unlink("/srv/a")
        #expect(try process.freeSpaceBytes("/srv") == 0, "open files keep their space")
    }

    @Test("Faults of the environment come as the errors the real calls report")
    func injectedErrors() throws {
        for (fault, code) in [
            (DiskFault.inputOutput, StorageError.Code.inputOutput), (.noSpace, .noSpace), (.shortWrite, .noSpace),
            (.readOnly, .readOnly), (.lyingSync, .inputOutput),
        ] {
            let disk = SimulatedDisk()
            let file = try disk.process("p", faults: .at(1, fault)).openFile("/srv/a", .create)
            let error = #expect(throws: StorageError.self) { try file.write([1, 2], at: 0) }
            #expect(error?.code == code)
            #expect(try disk.contents("/srv/a") == (fault == .shortWrite ? [1] : []))
            try file.write([1, 2], at: 0)
        }
        disk.setReadOnly(true)
        #expect(throws: StorageError(.readOnly, "")) { _ = try disk.process().openFile("/srv/b", .create) }
    }

    @Test("Locks belong to open handles: shared together, exclusive alone, gone with the handle")
    func locks() throws {
        let first = disk.process("first")
        let second = disk.process("second")
        try first.createFile("/srv/lock", with: [])
        let one = try first.openFile("/srv/lock", .read)
        var other: (any OpenFile)? = try second.openFile("/srv/lock", .read)
        #expect(try one.lock(.shared, waiting: true))
        #expect(try other?.lock(.shared, waiting: true) == true)
        #expect(try one.lock(.exclusive, waiting: false) == false)
        other = nil
        #expect(try one.lock(.exclusive, waiting: false))
        let third = try second.openFile("/srv/lock", .read)
        let error = #expect(throws: StorageError.self) { _ = try third.lock(.exclusive, waiting: true) }
        #expect(error?.code == .locked && error?.message.contains("first") == true)
        try one.unlock()
        #expect(try third.lock(.exclusive, waiting: true))
        second.kill()
        #expect(try one.lock(.exclusive, waiting: false))
    }

    @Test("Damage, copies and clones are durable at once")
    func tampering() throws {
        try disk.process().makeDirectories("/srv/store/feeds")
        try disk.process().createFile("/srv/store/feeds/a", with: [0, 0, 0])
        try disk.flipBit("/srv/store/feeds/a", byte: 1, bit: 3)
        try disk.copyTree("/srv/store", to: "/srv/copy")
        try disk.truncate("/srv/store/feeds/a", to: 1)
        let after = disk.crashed(.dropAll)
        #expect(try after.contents("/srv/store/feeds/a") == [0])
        #expect(try after.contents("/srv/copy/feeds/a") == [0, 8, 0])
        #expect(after.bootID != disk.bootID)
        let clone = disk.cloned(machineID: "machine-2")
        #expect(clone.process().surroundings.machine.machineID == "machine-2")
        #expect(try clone.tree("/srv") == after.tree("/srv"))
        try disk.makeSymbolicLink("/srv/link")
        #expect(throws: StorageError(.invalidArgument, "")) { _ = try disk.process().openFile("/srv/link", .read) }
    }

    @Test("Two processes of one machine never draw the same random bytes, and a seed repeats them")
    func randomness() {
        func draw() -> [[UInt8]] {
            let disk = SimulatedDisk(seed: 42)
            return (0..<3).map { _ in disk.process().surroundings.random.bytes(16) }
        }
        #expect(draw() == draw())
        #expect(Set(draw()).count == 3)
    }
}
