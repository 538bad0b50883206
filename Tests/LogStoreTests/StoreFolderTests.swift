import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

@Suite("Making and opening a store")
struct StoreFolderTests {
    @Test("A new store is durable when it is made, and closed to other accounts")
    func create() throws {
        let disk = SimulatedDisk()
        let made = try LogStore.create(at: "/srv/store", alias: "GY", in: disk.process().surroundings)
        let after = disk.crashed(.dropAll)
        let store = try LogStore.open(at: "/srv/store", in: after.process().surroundings)
        #expect(store.site == made.site)
        #expect(store.epoch == made.epoch)
        #expect(store.alias == "GY")
        let process = after.process()
        for path in try after.tree("/srv/store") {
            let status = try #require(try process.status(path))
            #expect(status.mode & 0o077 == 0, "\(path)")
        }
    }

    @Test("A store whose empty folders were left out by who copied it is opened and written to after a restart")
    func withoutEmptyFolders() throws {
        let disk = SimulatedDisk()
        let made = try LogStore.create(at: "/srv/store", alias: "GY", in: disk.process().surroundings)
        _ = try made.append([[1]], to: .records)
        for name in ["tmp", "view", "quarantine", "incidents"] { try disk.remove("/srv/store/\(name)") }
        let after = disk.crashed(.keepAll)
        let store = try LogStore.open(at: "/srv/store", in: after.process().surroundings)
        _ = try store.append([[2]], to: .records)
        #expect(try store.closeActiveSegments() > 0)
        #expect(try store.seal()?.segments == 1)
    }

    @Test("A crash at any call of making a store leaves no store or a whole one, and making it again is possible")
    func crashWhileCreating() throws {
        let disk = SimulatedDisk()
        let judged = try CrashSweep(singleItems: 2, seededCuts: 2).run(on: disk) {
            _ = try LogStore.create(at: "/srv/store", alias: "GY", in: disk.process("maker").surroundings)
        } judge: { after, point in
            let surroundings = after.process("again").surroundings
            if try surroundings.fileSystem.exists("/srv/store/FORMAT") {
                let store = try LogStore.open(at: "/srv/store", in: surroundings)
                _ = try store.append([[1]], to: .records)
                #expect(try store.frontier().rows.count == 1, "\(point)")
            } else {
                #expect(try !surroundings.fileSystem.exists("/srv/store"), "\(point)")
                _ = try LogStore.create(at: "/srv/store", alias: "GY", in: surroundings)
            }
        }
        #expect(judged > 40)
    }

    @Test(
        "A failure at any call of making a store leaves nothing, and the same call then succeeds",
        arguments: [DiskFault.noSpace, .shortWrite, .inputOutput, .readOnly, .lyingSync]
    )
    func faultWhileCreating(_ fault: DiskFault) throws {
        let root = "/srv/clinic/store"
        let judged = try FaultSweep.run(fault, from: SimulatedDisk(seed: 7)) { process throws(StorageError) in
            _ = try LogStore.create(at: root, alias: "GY", in: process.surroundings)
        } judge: { disk, failure in
            let surroundings = disk.process("again").surroundings
            if failure != nil {
                let allowed: Set = ["/srv", "/state", "/srv/clinic", "/state/stores"]
                #expect(try Set(disk.tree()).subtracting(allowed).isEmpty)
                _ = try LogStore.create(at: root, alias: "GY", in: surroundings)
            }
            let after = disk.crashed(.dropAll).process("later").surroundings
            let store = try LogStore.open(at: root, in: after)
            #expect(try store.append([[1]], to: .records).count == 1)
        }
        #expect(judged > 60)
    }

    @Test("A disk that goes on failing names what could not be removed, and nothing else is left")
    func faultThatStays() throws {
        let disk = SimulatedDisk()
        let probe = disk.killed().process("probe")
        _ = try LogStore.create(at: "/srv/store", alias: "GY", in: probe.surroundings)
        var failures = 0
        for index in 0..<probe.callCount {
            let disk = disk.killed()
            let process = disk.process("victim", faults: .from(index, .readOnly))
            do {
                _ = try LogStore.create(at: "/srv/store", alias: "GY", in: process.surroundings)
            } catch {
                failures += 1
                #expect(error.code == .readOnly, "call \(index)")
                let left = try disk.tree("/srv").filter { $0.split(separator: "/").count == 2 }
                for path in left { #expect(error.message.contains("'\(path)'"), "call \(index)") }
            }
        }
        #expect(failures > 60)
    }

    @Test("A folder for state that can not be used leaves nothing of a store, whatever it can not be used for")
    func stateUnusable() throws {
        for operation: DiskCall.Operation? in [nil, .makeDirectory, .create] {
            let disk = SimulatedDisk()
            let plan = FaultPlan { call in
                call.path.hasPrefix("/state") && (operation ?? call.operation) == call.operation ? .inputOutput : nil
            }
            let process = disk.process("maker", faults: plan)
            let error = try failure {
                _ = try LogStore.create(at: "/srv/store", alias: "GY", in: process.surroundings)
            }
            #expect(error.code == .inputOutput)
            #expect(try disk.tree("/srv").isEmpty)
        }
    }

    @Test("What is in the way of a new store is not touched")
    func nothingIsOverwritten() throws {
        let disk = SimulatedDisk()
        let process = disk.process()
        try process.makeDirectories("/srv/photos")
        try process.createFile("/srv/photos/cat", with: [1])
        let before = try disk.tree()
        let error = try failure {
            _ = try LogStore.create(at: "/srv/photos", alias: "GY", in: process.surroundings)
        }
        #expect(error.code == .alreadyExists)
        #expect(try disk.tree() == before)
        #expect(try failure { _ = try LogStore.open(at: "/srv/photos", in: process.surroundings) }.code == .notAStore)
        #expect(try failure { _ = try LogStore.open(at: "/srv/nothing", in: process.surroundings) }.code == .notFound)
    }

    @Test("Another format, an unknown feature, another account, and a key that others can read are refused")
    func refusals() throws {
        let fixture = try StoreFixture()
        let paths = StorePaths(root: StoreFixture.root)
        func refusal(_ change: (SimulatedDisk) throws -> Void) throws -> StorageError {
            let disk = fixture.disk.killed()
            try change(disk)
            return try failure { _ = try fixture.on(disk).open() }
        }
        let newer = try refusal { try $0.overwrite(paths.format, at: 0, with: Array("abscope store 2".utf8)) }
        #expect(newer.code == .unsupportedFormat)
        var format = StoreFormat(store: "x")
        format.incompatible = ["quantum"]
        let unknown = try refusal { disk in
            try disk.process().replaceFile(paths.format, with: format.encoded)
        }
        #expect(unknown.code == .unsupportedFormat)
        #expect(unknown.message.contains("quantum"))
        let foreign = try refusal { try $0.setStatus(paths.root, ownerID: 7) }
        #expect(foreign.code == .wrongOwner)
        #expect(foreign.message.contains("sudo -u"))
        #expect(try refusal { try $0.setStatus(paths.key, mode: 0o640) }.code == .unsafePermissions)
        #expect(try refusal { try $0.flipBit(paths.site, byte: 40) }.code == .corrupted)
    }

    @Test("The registry a site joined is durable, and it joins only one")
    func registry() throws {
        let fixture = try StoreFixture()
        let first = try #require(RegistryID([UInt8](repeating: 1, count: 32)))
        let other = try #require(RegistryID([UInt8](repeating: 2, count: 32)))
        let before = try fixture.open("before")
        try fixture.open().join(first)
        #expect(try failure { try before.join(other) }.code == .invalidArgument)
        #expect(try fixture.on(fixture.disk.crashed(.dropAll)).open().registry == first)
    }

    @Test("A membership that is refused changes nothing of the one there is")
    func joinTwice() throws {
        let fixture = try StoreFixture()
        let daemon = try fixture.open("daemon")
        let command = try fixture.open("command")
        let first = RegistryMembership(foundingEntry: [1])
        try command.join(first)
        #expect(try failure { try daemon.join(RegistryMembership(foundingEntry: [2])) }.code == .invalidArgument)
        #expect(try command.membership() == first)
        #expect(try fixture.open("later").membership() == first)
    }

    @Test("An epoch that is opened while another process opens the store is known to both")
    func siteReplacedWhileOpening() throws {
        var fixture = try StoreFixture()
        let other = try fixture.open("other")
        try fixture.append("a", with: other)
        let path = other.paths.site
        let replaced = Recorded<Void>()
        fixture.disk.observe { call in
            guard call.process == "opening", call.operation == .read, call.path == path,
                (try? replaced.values().isEmpty) == true
            else { return }
            replaced.append {
                try other.whileAppending { section throws(StorageError) in
                    try other.openEpoch(section, reason: "of a test.", damage: nil)
                }
            }
        }
        let store = try fixture.open("opening")
        fixture.disk.observe(nil)
        #expect(try replaced.values().count == 1)
        try fixture.append("b", with: store)
        #expect(store.epoch == other.epoch)
        #expect(fixture.acknowledged.last?.reference.feed.epoch == other.epoch)
    }

    @Test("A line break in what people or their environment choose is refused, and nothing is made")
    func lineBreaks() throws {
        let fixture = try StoreFixture()
        let store = try fixture.open()
        let membership = RegistryMembership(foundingEntry: [1], dialAddresses: ["hub:7440\nfounding 00"])
        #expect(try failure { try store.join(membership) }.code == .invalidArgument)
        #expect(store.registry == nil)
        let disk = SimulatedDisk()
        var surroundings = disk.process().surroundings
        surroundings.machine.stateDirectory = "/state/a\nb"
        let before = try disk.tree()
        #expect(
            try failure { _ = try LogStore.create(at: "/srv/other", alias: "GY", in: surroundings) }.code
                == .invalidArgument
        )
        #expect(try disk.tree() == before)
    }
}
