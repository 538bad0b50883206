import StoreIO
import TestSupport
import Testing

/// What goes wrong on the simulated disk without anybody being told.
@Suite("Silent faults of the simulated disk")
struct SilentFaultTests {
    private let disk = SimulatedDisk(seed: 8)
    private let sector = 512

    /// A file of four sectors, synced, and a process whose write, sync or read number 1 on it has the fault.
    private func start(_ fault: DiskFault, at operation: DiskCall.Operation) throws -> any OpenFile {
        try disk.process().createFile("/srv/a", with: [UInt8](repeating: 1, count: 4 * sector))
        let plan = FaultPlan { $0.operation == operation ? fault : nil }
        return try disk.process("victim", faults: plan).openFile("/srv/a", .readWrite)
    }

    @Test("A lost write is seen by everybody until the power is cut, synced or not")
    func lostWrite() throws {
        let file = try start(.lostWrite, at: .write)
        try file.write([UInt8](repeating: 2, count: sector), at: 0)
        try file.synchronizeData()
        #expect(try disk.contents("/srv/a").prefix(sector).allSatisfy { $0 == 2 })
        #expect(try disk.crashed(.keepAll).contents("/srv/a").allSatisfy { $0 == 1 })
    }

    @Test("A misdirected write leaves its place as it was and destroys another, and shows when the cache forgets")
    func misdirectedWrite() throws {
        let file = try start(.misdirectedWrite(sectors: 2), at: .write)
        try file.write([UInt8](repeating: 2, count: sector), at: 0)
        try file.synchronizeData()
        #expect(try file.read(upTo: 4 * sector, at: 0).prefix(sector).allSatisfy { $0 == 2 })
        disk.dropCleanPages()
        let found = try disk.contents("/srv/a")
        for index in 0..<4 {
            let expected: UInt8 = index == 2 ? 2 : 1
            #expect(found[index * sector..<(index + 1) * sector].allSatisfy { $0 == expected }, "sector \(index)")
        }
    }

    @Test("A misdirected write beyond the end of the file is as good as lost, and one before its beginning hits it")
    func misdirectedOutside() throws {
        let file = try start(.misdirectedWrite(sectors: 100), at: .write)
        try file.write([UInt8](repeating: 2, count: sector), at: 0)
        try file.synchronizeData()
        #expect(try disk.durableContents("/srv/a").allSatisfy { $0 == 1 })
        let before = try start2(.misdirectedWrite(sectors: -100))
        try before.write([UInt8](repeating: 3, count: sector), at: UInt64(2 * sector))
        try before.synchronizeData()
        #expect(try disk.durableContents("/srv/a").prefix(sector).allSatisfy { $0 == 3 })
    }

    private func start2(_ fault: DiskFault) throws -> any OpenFile {
        let plan = FaultPlan { $0.operation == .write ? fault : nil }
        return try disk.process("second", faults: plan).openFile("/srv/a", .readWrite)
    }

    @Test("A write with a turned bit differs in that bit, in the cache and on the disk", arguments: [0, 9, 4095, 4096])
    func flippedWrite(bit: Int) throws {
        let file = try start(.flippedWrite(bit: bit), at: .write)
        try file.write([UInt8](repeating: 0, count: sector), at: UInt64(sector))
        try file.synchronizeData()
        let place = sector + bit % (8 * sector) / 8
        for found in [try disk.contents("/srv/a"), try disk.durableContents("/srv/a")] {
            #expect(found[place] == 1 << UInt8(bit % 8))
            #expect(found[sector..<2 * sector].count { $0 != 0 } == 1)
        }
    }

    @Test("A read with a turned bit leaves the file as it is")
    func flippedRead() throws {
        let file = try start(.flippedRead(bit: 11), at: .read)
        let found = try file.read(upTo: 16, at: 0)
        #expect(found[1] == 1 ^ 1 << 3)
        #expect(found.count { $0 == 1 } == 15)
        #expect(try disk.contents("/srv/a").allSatisfy { $0 == 1 })
    }

    @Test("A stale read gives what the disk held before the last sync, zeros where it held nothing")
    func staleRead() throws {
        let file = try start(.staleRead, at: .read)
        try file.write([UInt8](repeating: 2, count: 2 * sector), at: UInt64(3 * sector))
        try file.synchronizeData()
        let found = try file.read(upTo: 10 * sector, at: 0)
        #expect(found.count == 5 * sector, "the size is not stale")
        #expect(found[0..<4 * sector].allSatisfy { $0 == 1 })
        #expect(found[(4 * sector)...].allSatisfy { $0 == 0 })
        let healthy = try disk.process().openFile("/srv/a", .read)
        #expect(try healthy.read(upTo: 10 * sector, at: 0)[(3 * sector)...].allSatisfy { $0 == 2 })
    }

    @Test("A sync that was skipped says nothing and does nothing, for files and for folders")
    func skippedSync() throws {
        let process = disk.process("victim", faults: FaultPlan { _ in .skipped })
        let file = try process.openFile("/srv/b", .create)
        try file.write([7], at: 0)
        try file.synchronizeData()
        try process.syncDirectory("/srv")
        #expect(try disk.contents("/srv/b") == [7])
        #expect(try disk.crashed(.dropAll).tree("/srv") == [])
        #expect(try disk.crashed(CrashPolicy(data: .dropAll, names: .keepAll)).contents("/srv/b") == [])
    }

    @Test("A lock that was skipped excludes nobody")
    func skippedLock() throws {
        try disk.process().createFile("/srv/l", with: [])
        let careless = try disk.process("victim", faults: FaultPlan { _ in .skipped }).openFile("/srv/l", .readWrite)
        #expect(try careless.lock(.exclusive, waiting: false))
        let other = try disk.process().openFile("/srv/l", .readWrite)
        #expect(try other.lock(.exclusive, waiting: false))
        #expect(try careless.lock(.exclusive, waiting: true), "nor does it wait")
    }

    @Test("A silent fault at a call it can not concern is none")
    func elsewhere() throws {
        for fault in [DiskFault.staleRead, .flippedRead(bit: 0), .lostWrite, .misdirectedWrite(sectors: 1), .skipped] {
            let process = disk.process("victim", faults: FaultPlan { _ in fault })
            try process.makeDirectory("/srv/\(process.number)")
            #expect(try process.status("/srv/\(process.number)")?.kind == .directory)
        }
    }
}
