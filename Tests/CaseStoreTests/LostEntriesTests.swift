import CaseModel
import CaseStore
import LogFormat
import LogStore
import Schema
import StoreIO
import TestSupport
import Testing

@Suite("What the read model does where the log lost something")
struct LostEntriesTests {
    private let disk = LinuxFileSystem()

    /// A clinic whose records lie in three segments that depend on each other, the last one in use.
    private struct Segments {
        let clinic: Clinic
        let cases: [RecordID]
        let courses: [RecordID]
        let paths: [String]
        /// The files before any harm.
        let files: [[UInt8]]
        /// Positions in each.
        let positions: [ClosedRange<UInt64>]
    }

    private func segments() throws -> Segments {
        let clinic = try Clinic()
        var cases: [RecordID] = []
        var courses: [RecordID] = []
        var ends: [UInt64] = []
        for number in 0..<3 {
            cases.append(try clinic.addCase(named: "欧阳\(number)"))
            courses.append(try clinic.addCourse(cases[number]))
            // Each segment changes, and gives fractions of, what the ones before it created.
            for earlier in 0...number {
                var body = CaseBody()
                body.stage.reportedGroup = "III\(number)"
                let state = try #require(try clinic.store.state(of: cases[earlier]))
                try clinic.record(.amend(state, body, reason: "report"))
                try clinic.record(
                    try Clinic.fraction(
                        UInt32(number - earlier + 1),
                        of: courses[earlier],
                        in: cases[earlier],
                        on: Clinic.day(2 + number)
                    )
                )
            }
            ends.append(try #require(try clinic.log.frontier()[clinic.recordsFeed]).position)
            if number < 2 { _ = try clinic.log.closeActiveSegments() }
        }
        let folder = clinic.log.paths.feed(clinic.recordsFeed, branch: 0)
        let paths = try disk.listDirectory(folder).filter { $0.hasSuffix("seg") }.sorted().map { "\(folder)/\($0)" }
        try #require(paths.count == 3)
        return Segments(
            clinic: clinic,
            cases: cases,
            courses: courses,
            paths: paths,
            files: try paths.map { try disk.readFile($0, limitBytes: 1 << 24) },
            positions: [1...ends[0], ends[0] + 1...ends[1], ends[1] + 1...ends[2]]
        )
    }

    private func everything(_ store: CaseStore) throws -> [[RecordState]] {
        try store.caseRecords().map { try store.states(of: $0) } + [try store.operators(), try store.conflicts()]
    }

    private func forgetView(_ clinic: Clinic) throws {
        for name in try disk.listDirectory(clinic.view) { try disk.unlink(clinic.view + "/" + name) }
        try clinic.reopen()
    }

    private func accept(_ clinic: Clinic) throws {
        let recorded = try clinic.log.acceptLoss(of: try clinic.log.verifyAll(), by: "test", reason: "no copy")
        #expect(!recorded.isEmpty)
        try clinic.store.catchUp()
    }

    @Test(
        "Whatever segments are lost, the others are shown, and what comes back later, in any order, is as if never lost",
        arguments: [[0], [1], [2], [0, 1], [1, 2], [0, 2], [2, 0], [1, 0], [0, 1, 2], [2, 0, 1]],
        [false, true]
    )
    func lostSegments(gone: [Int], isAccepted: Bool) throws {
        let segments = try segments()
        let clinic = segments.clinic
        let before = try everything(clinic.store)
        let statistics = try clinic.store.statistics()
        let days = (2...4).map { Clinic.day($0) }
        let lines = try days.map { try clinic.store.today(on: $0) }
        let basis = clinic.store.basis
        for index in gone { try disk.unlink(segments.paths[index]) }
        if isAccepted { try accept(clinic) }
        // What was applied before stands.
        try clinic.reopen()
        #expect(try everything(clinic.store) == before)
        #expect(clinic.store.missing.isEmpty)
        #expect(throws: StorageError.self) { try clinic.store.rebuild() }
        #expect(try everything(clinic.store) == before)

        try forgetView(clinic)
        let left = (0..<3).filter { !gone.contains($0) }
        // Of a case that is lost itself, what builds on it is listed and waits.
        let named = (0..<3).filter { number in left.contains { $0 >= number } }
        #expect(try clinic.store.caseRecords() == named.map { segments.cases[$0] })
        for number in named {
            let state = try #require(try clinic.store.state(of: segments.cases[number]))
            #expect(state.isCreated == left.contains(number))
            #expect(state.pending.isEmpty == (number...(left.max() ?? 0)).allSatisfy(left.contains))
        }
        let expected = gone.sorted().reduce(into: [ClosedRange<UInt64>]()) { ranges, index in
            let next = segments.positions[index]
            if let last = ranges.last, last.upperBound + 1 == next.lowerBound {
                ranges[ranges.count - 1] = last.lowerBound...next.upperBound
            } else {
                ranges.append(next)
            }
        }
        #expect(clinic.store.missing.map(\.positions) == expected)
        #expect(clinic.store.missing.allSatisfy { $0.feed == clinic.recordsFeed && $0.isAccepted == isAccepted })
        let count = expected.reduce(UInt64(0)) { $0 + $1.upperBound - $1.lowerBound + 1 }
        #expect(clinic.store.missingEntries == (isAccepted ? 0 : count))
        #expect(clinic.store.lostEntries == (isAccepted ? count : 0))
        #expect((clinic.store.viewProblem == nil) == isAccepted)
        #expect(clinic.store.basis != basis)
        // Nothing can be lost twice, so it can be built anew, and another process sees the same.
        let reduced = try everything(clinic.store)
        try clinic.store.rebuild()
        #expect(try everything(clinic.store) == reduced)
        #expect(clinic.store.missing.map(\.positions) == expected)
        let other = try clinic.another()
        #expect(try everything(other) == reduced)
        #expect(other.missing == clinic.store.missing)

        for index in gone {
            try disk.createFile(segments.paths[index], with: segments.files[index])
            try clinic.store.catchUp()
            #expect(try clinic.store.caseRecords().contains(segments.cases[index]))
        }
        #expect(clinic.store.missing.isEmpty)
        #expect(clinic.store.viewProblem == nil)
        #expect(try everything(clinic.store) == before)
        #expect(try clinic.store.statistics() == statistics)
        #expect(try days.map { try clinic.store.today(on: $0) } == lines)
        #expect(clinic.store.basis == basis)
        try other.catchUp()
        #expect(try everything(other) == before)
        try clinic.store.rebuild()
        #expect(try everything(clinic.store) == before)
    }

    @Test(
        "A course that a lost entry may speak of proposes nothing and says why; one that was ordered behind it goes on"
    )
    func uncertainCourses() throws {
        let segments = try segments()
        let clinic = segments.clinic
        try disk.unlink(segments.paths[1])
        try accept(clinic)
        try forgetView(clinic)
        let lines = try clinic.store.today(on: Clinic.day(6))
        func of(_ number: Int) -> [TodayLine] { lines.filter { $0.caseRecord == segments.cases[number] } }
        #expect(of(0).compactMap(\.finding).contains { $0.rule == "course.entries-missing" })
        #expect(!of(0).contains { $0.kind == .dueFraction || $0.kind == .overdueFraction })
        #expect(of(2).contains { $0.kind == .dueFraction || $0.kind == .overdueFraction })
        #expect(!of(2).compactMap(\.finding).contains { $0.rule == "course.entries-missing" })
        // What builds on a lost entry waits, and says for whom.
        #expect(try clinic.store.conflicts().contains { $0.id == segments.cases[1] && !$0.pending.isEmpty })
        // A case that is made now can not be meant.
        let later = try clinic.addCase(named: "later")
        try clinic.addCourse(later)
        #expect(
            try clinic.store.today(on: Clinic.day(6)).contains { $0.caseRecord == later && $0.kind == .overdueFraction }
        )
    }

    @Test("Repair from a copy brings a lost segment back into the read model", arguments: [false, true])
    func repaired(isAccepted: Bool) throws {
        let segments = try segments()
        let clinic = segments.clinic
        let before = try everything(clinic.store)
        try clinic.log.close()
        let copy = clinic.folder.path + "/copy"
        try copyTree(clinic.log.root, to: copy)
        try disk.unlink(segments.paths[1])
        if isAccepted { try accept(clinic) }
        try forgetView(clinic)
        #expect(!clinic.store.missing.isEmpty)
        let results = try clinic.log.repair(from: try clinic.log.copy(at: copy))
        #expect(results.map(\.isWhole) == [true])
        try clinic.store.catchUp()
        #expect(clinic.store.missing.isEmpty)
        #expect(try everything(clinic.store) == before)
    }

    private func copyTree(_ source: String, to target: String) throws {
        try disk.makeDirectories(target)
        for name in try disk.listDirectory(source) {
            let path = "\(source)/\(name)"
            switch try disk.status(path)?.kind {
            case .directory: try copyTree(path, to: "\(target)/\(name)")
            case .file: try disk.createFile("\(target)/\(name)", with: try disk.readFile(path, limitBytes: 1 << 24))
            default: break
            }
        }
    }

    @Test("One damaged block, its head or its body, hides its entries alone, also in the segment in use")
    func damagedBlocks() throws {
        let segments = try segments()
        let clinic = segments.clinic
        let before = try everything(clinic.store)
        for (path, bytes) in zip(segments.paths, segments.files) {
            // The first block of the file: at its place, in its header, in its entries.
            for offset in [2, 30, 100] {
                var changed = bytes
                changed[SegmentHeader.lengthBytes + offset] ^= 1
                try overwrite(path, with: changed)
                for name in try disk.listDirectory(clinic.view) { try disk.unlink(clinic.view + "/" + name) }
                let store = try clinic.another()
                #expect(store.missingEntries == 1, "\(path) \(offset): \(store.missing)")
                try overwrite(path, with: bytes)
                try store.catchUp()
                #expect(store.missing.isEmpty)
                #expect(try everything(store) == before)
            }
        }
        // Recording goes on behind damage in the segment in use, and is shown.
        var changed = segments.files[2]
        changed[SegmentHeader.lengthBytes + 2] ^= 1
        try overwrite(segments.paths[2], with: changed)
        for name in try disk.listDirectory(clinic.view) { try disk.unlink(clinic.view + "/" + name) }
        let store = try clinic.another()
        let record = try clinic.record(
            try Clinic.fraction(9, of: segments.courses[0], in: segments.cases[0], on: Clinic.day(9)),
            in: store
        )
        #expect(try store.exists(record))
        #expect(store.missingEntries == 1)
    }

    private func overwrite(_ path: String, with bytes: [UInt8]) throws {
        try disk.openFile(path, .readWrite).write(bytes, at: 0)
    }

    @Test(
        "A copy of another site's entries that fell back stays shown; without the old read model it is said what is missing"
    )
    func fallenBack() throws {
        let clinic = try Clinic()
        let other = try Clinic(alias: "WH")
        let first = try other.addCase(named: "x")
        try other.carryRecords(to: clinic)
        _ = try clinic.log.closeActiveSegments()
        let second = try other.addCase(named: "y")
        try other.carryRecords(to: clinic)
        let feed = other.recordsFeed
        let end = try #require(try clinic.log.frontier()[feed]).position
        let before = try everything(clinic.store)
        let folder = clinic.log.paths.feed(feed, branch: 0)
        let last = try #require(try disk.listDirectory(folder).filter { $0.hasSuffix("seg") }.max())
        let file = try disk.openFile("\(folder)/\(last)", .readWrite)
        let place = UInt64(SegmentHeader.lengthBytes + 100)
        try file.write(try file.read(upTo: 1, at: place).map { ~$0 }, at: place)
        guard case .fellBack = try clinic.log.fallBack(feed) else {
            Issue.record("it did not fall back")
            return
        }
        let reached = try clinic.log.frontier()[feed]?.position ?? 0
        #expect(reached < end)
        try clinic.store.catchUp()
        #expect(try everything(clinic.store) == before)
        #expect(clinic.store.missing.isEmpty)
        #expect(throws: StorageError.self) { try clinic.store.rebuild() }

        try forgetView(clinic)
        #expect(try !clinic.store.caseRecords().contains(second))
        #expect(try clinic.store.caseRecords().contains(first) == (reached > 0))
        #expect(clinic.store.missing == [MissingEntries(feed: feed, positions: reached + 1...end)])
        #expect(clinic.store.viewProblem?.contains("log verify") == true)

        try other.carryRecords(to: clinic)
        #expect(clinic.store.missing.isEmpty)
        #expect(try everything(clinic.store) == before)
    }
}
