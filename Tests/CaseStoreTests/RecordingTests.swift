import CaseStore
import LogFormat
import LogStore
import Schema
import StoreIO
import TestSupport
import Testing

@testable import CaseModel

@Suite("Recording")
struct RecordingTests {
    /// The next fraction, validated as a command does.
    private struct NotNext: Error {}

    private func give(_ number: UInt32, _ course: RecordID, _ caseRecord: RecordID, in store: CaseStore) throws
        -> Recording
    {
        let states = try store.states(of: caseRecord)
        let state = try #require(states.first { $0.id == course })
        guard FractionBook(course: state, given: states).nextNumber == number else { throw NotNext() }
        let day = Clinic.day(1 + Int(number))
        return Recording(changes: [try Clinic.fraction(number, of: course, in: caseRecord, on: day)])
    }

    @Test("Two nurses never both give fraction 1: the second is validated again and told")
    func twoNurses() throws {
        let clinic = try Clinic()
        let caseRecord = try clinic.addCase(named: "x")
        let course = try clinic.addCourse(caseRecord)
        let other = try clinic.another()
        // Both have looked, and both have been shown fraction 1.
        let mine = try give(1, course, caseRecord, in: clinic.store)
        let theirs = try give(1, course, caseRecord, in: other)
        #expect(try clinic.store.record(mine, program: Clinic.program) != nil)
        #expect(throws: StorageError(.moved, "")) { _ = try other.record(theirs, program: Clinic.program) }
        #expect(throws: NotNext.self) {
            _ = try other.record(program: Clinic.program) { try give(1, course, caseRecord, in: other) }
        }
        #expect(try other.record(program: Clinic.program) { try give(2, course, caseRecord, in: other) } != nil)
        try clinic.store.catchUp()
        for store in [clinic.store, other] {
            let numbers = try store.states(of: caseRecord).filter { $0.kind == .given }
                .map { $0.displayedBody(GivenBody.self).body.fraction.number }
            #expect(numbers.sorted() == [1, 2])
        }
    }

    @Test("What was recorded meanwhile about something else is no obstacle")
    func unrelated() throws {
        let clinic = try Clinic()
        let one = try clinic.addCase(named: "one")
        let two = try clinic.addCase(named: "two")
        let courses = [try clinic.addCourse(one), try clinic.addCourse(two)]
        let other = try clinic.another()
        let prepared = try give(1, courses[1], two, in: other)
        _ = try clinic.store.record(try give(1, courses[0], one, in: clinic.store), program: Clinic.program)
        #expect(try other.record(prepared, program: Clinic.program) != nil)
        #expect(try other.states(of: one).count == 3)
        #expect(try other.states(of: two).count == 3)
    }

    @Test("Many writers at once: every entry is there once, dense, and every store shows all of them")
    func manyWriters() throws {
        let clinic = try Clinic()
        let caseRecord = try clinic.addCase(named: "x")
        let course = try clinic.addCourse(caseRecord)
        let stores = try (0..<4).map { _ in try clinic.another() }
        let given = Recorded<UInt64>()
        let failures = Recorded<String>()
        let finished = Monitor(0)
        for store in stores {
            onOwnThread {
                do {
                    for _ in 0..<6 {
                        let reference = try store.record(program: Clinic.program) {
                            let states = try store.states(of: caseRecord)
                            guard let state = states.first(where: { $0.id == course }),
                                let next = FractionBook(course: state, given: states).nextNumber
                            else { throw NotNext() }
                            let day = Clinic.day(1 + Int(next))
                            return Recording(
                                changes: [try Clinic.fraction(next, of: course, in: caseRecord, on: day)]
                            )
                        }
                        given.append { reference?.position ?? 0 }
                    }
                } catch {
                    failures.append { String(describing: error) }
                }
                finished.withLock { $0 += 1 }
            }
        }
        #expect(finished.wait { $0 == 4 ? true : nil })
        #expect(try failures.values().isEmpty)
        #expect(try given.values().sorted() == Array(4...27))
        for store in stores {
            try store.catchUp()
            let states = try store.states(of: caseRecord)
            let numbers = states.filter { $0.kind == .given }
                .map { $0.displayedBody(GivenBody.self).body.fraction.number }
            #expect(numbers.sorted() == Array(1...24))
            #expect(store.missingEntries == 0)
        }
    }

    @Test("A dry run checks everything and writes nothing, not even a key")
    func dryRun() throws {
        let clinic = try Clinic()
        let before = try clinic.log.frontier()
        var recording = try clinic.newCase(named: "x")
        recording.isDryRun = true
        #expect(try clinic.store.record(recording, program: Clinic.program) == nil)
        #expect(try clinic.store.record(batch: [recording], program: Clinic.program).isEmpty)
        #expect(try clinic.log.frontier() == before)
        #expect(try !LinuxFileSystem().exists(clinic.log.root + "/keys.sqlite"))
        recording.changes[0].reason = String(repeating: "x", count: 20_000)
        let error = #expect(throws: StorageError.self) {
            _ = try clinic.store.record(recording, program: Clinic.program)
        }
        #expect(error?.code == .tooLarge)
    }

    @Test("A serious adverse event goes to the urgent lane with its sentence, and is in the case at once")
    func urgent() throws {
        let clinic = try Clinic()
        let caseRecord = try clinic.addCase(named: "x")
        var event = EventBody()
        event.type = Vocabulary.coded(Vocabulary.EventType.adverseEvent)
        event.adverseEvent.term = Coded(words: "pneumonitis")
        event.adverseEvent.grade = 3
        event.serious.answer = .yes
        let record = try clinic.record(.create(.event, event, in: .existing(caseRecord)))
        #expect(record.entry.feed.lane == .urgent)
        let state = try #require(try clinic.store.states(of: caseRecord).first { $0.id == record })
        let number = try #require(try clinic.store.names.caseNumber(caseRecord))
        #expect(state.changes[0].context.alone?.hasPrefix("\(number): serious adverse event: pneumonitis") == true)
    }

    @Test("A store that was copied begins a new epoch, and what is recorded in it still means the same records")
    func copiedStore() throws {
        let clinic = try Clinic()
        let caseRecord = try clinic.addCase(named: "x")
        let course = try clinic.addCourse(caseRecord)
        let (log, store) = try clinic.openedElsewhere()
        let before = log.epoch
        let entry = try #require(
            try store.record(
                Recording(changes: [try Clinic.fraction(1, of: course, in: caseRecord, on: Clinic.day(2))]),
                program: Clinic.program
            )
        )
        #expect(log.epoch != before)
        #expect(entry.feed.epoch == log.epoch)
        let given = try #require(try store.states(of: caseRecord).first { $0.kind == .given })
        #expect(given.id.entry == entry)
        #expect(given.settledLink(LinkField.givenOrder) == course)
        let batch = try store.record(
            batch: [Recording(changes: [try Clinic.fraction(2, of: course, in: caseRecord, on: Clinic.day(3))])],
            program: Clinic.program
        )
        #expect(batch.map(\.feed.epoch) == [log.epoch])
        #expect(try store.states(of: caseRecord).count == 4)
    }

    @Test("The first batch of a copied store is encoded again for the new epoch")
    func copiedStoreBatch() throws {
        let clinic = try Clinic()
        let caseRecord = try clinic.addCase(named: "x")
        let course = try clinic.addCourse(caseRecord)
        let store = try clinic.openedElsewhere().store
        let entries = try store.record(
            batch: try (1...3).map {
                Recording(changes: [try Clinic.fraction(UInt32($0), of: course, in: caseRecord, on: Clinic.day($0))])
            },
            program: Clinic.program
        )
        #expect(entries.map(\.position) == [1, 2, 3])
        let given = try store.states(of: caseRecord).filter { $0.kind == .given }
        #expect(given.map { $0.settledLink(LinkField.givenOrder) } == [course, course, course])
    }

    @Test("A batch is taken back; what was amended since is kept and named, unless that is asked for too")
    func undo() throws {
        let clinic = try Clinic()
        func batch(_ name: String) throws -> [Recording] {
            try (1...3).map { line in
                var recording = try clinic.newCase(named: "n\(line)")
                var source = Source()
                source.kind = "import"
                source.name = name
                source.line = UInt64(line)
                recording.source = source
                recording.isImport = true
                return recording
            }
        }
        var progress: [Int] = []
        let entries = try clinic.store.record(batch: try batch("a.csv"), program: Clinic.program) {
            progress.append($0)
        }
        #expect(progress == [0, 3])
        _ = try clinic.store.record(batch: try batch("b.csv"), program: Clinic.program)
        #expect(try clinic.store.batches().map(\.name) == ["a.csv", "b.csv"])
        #expect(try clinic.store.batches().map(\.entries) == [3, 3])
        let amended = RecordID(entry: entries[1], change: 1)
        var body = CaseBody()
        body.stage.reportedGroup = "IIIA"
        let state = try #require(try clinic.store.state(of: amended))
        try clinic.record(.amend(state, body, reason: "read again"))
        let undone = try clinic.store.undo(batch: "a.csv", reason: "wrong file")
        #expect(undone.kept == [amended])
        #expect(undone.recordings.count == 3)
        _ = try clinic.store.record(batch: undone.recordings, program: Clinic.program)
        let standings = try entries.map { try clinic.store.state(of: RecordID(entry: $0, change: 1))?.standing }
        #expect(standings == [.retracted, .standing, .retracted])
        let rest = try clinic.store.undo(batch: "a.csv", reason: "wrong file", alsoAmended: true)
        #expect(rest.recordings.count == 1 && rest.kept.isEmpty)
        _ = try clinic.store.record(batch: rest.recordings, program: Clinic.program)
        #expect(try clinic.store.state(of: amended)?.standing == .retracted)
        #expect(try clinic.store.undo(batch: "a.csv", reason: "again", alsoAmended: true).recordings.isEmpty)
        #expect(try clinic.store.undo(batch: "c.csv", reason: "none").recordings.isEmpty)
    }

    @Test("The rows of an import become entries with their line and batch; a plan with errors writes nothing")
    func importedPlan() throws {
        let clinic = try Clinic()
        let rows = try (2...4).map { line in
            let recording = try clinic.newCase(named: "名\(line)")
            return ImportedRow(
                line: line,
                key: "\(line)",
                changes: recording.changes.enumerated().map { index, draft in
                    ImportedChange(template: "t", draft: draft, identifying: recording.identity[index] ?? [])
                }
            )
        }
        var plan = ImportPlan(rows: rows, counts: [], checks: [], findings: [], errors: [])
        plan.errors = [RecordError(.illFormedFile, "A line is bad.", at: "line 5, column 1")]
        func run(isPartial: Bool = false, isDryRun: Bool = false) throws -> [EntryReference] {
            try clinic.store.importPlan(
                plan,
                batch: "a.csv",
                operatorRecord: clinic.operatorRecord,
                program: Clinic.program,
                isPartial: isPartial,
                isDryRun: isDryRun
            )
        }
        let before = try clinic.log.frontier()
        #expect(throws: RecordError.self) { _ = try run() }
        #expect(try run(isPartial: true, isDryRun: true).isEmpty)
        #expect(try clinic.log.frontier() == before)
        let entries = try run(isPartial: true)
        #expect(entries.count == 3)
        let state = try #require(try clinic.store.state(of: RecordID(entry: entries[1], change: 1)))
        #expect(state.changes[0].context.source?.line == 3)
        #expect(state.changes[0].context.source?.name == "a.csv")
        #expect(try clinic.store.search("名4") == [RecordID(entry: entries[2], change: 1)])
        #expect(throws: RecordError.self) { _ = try run(isPartial: true) }
        #expect(try clinic.store.undo(batch: "a.csv", reason: "wrong").recordings.count == 3)
    }

    @Test("Batches of two sites with one name are two batches: each site lists, refuses and takes back its own")
    func equalNames() throws {
        let clinic = try Clinic()
        let hub = try Clinic(alias: "WH")
        func importRows(_ lines: ClosedRange<Int>, at site: Clinic) throws -> [EntryReference] {
            let rows = try lines.map { line in
                let recording = try site.newCase(named: "n\(line)")
                let changes = recording.changes.enumerated().map { index, draft in
                    ImportedChange(template: "t", draft: draft, identifying: recording.identity[index] ?? [])
                }
                return ImportedRow(line: line, key: "\(line)", changes: changes)
            }
            return try site.store.importPlan(
                ImportPlan(rows: rows, counts: [], checks: [], findings: [], errors: []),
                batch: "cohort.csv",
                operatorRecord: site.operatorRecord,
                program: Clinic.program
            )
        }
        let there = try importRows(2...4, at: hub)
        // The hub's batch is here before the own one of that name is made: it is no obstacle.
        try hub.carryRecords(to: clinic)
        #expect(try clinic.store.batches().isEmpty)
        let here = try importRows(2...3, at: clinic)
        try clinic.carryRecords(to: hub)
        for (site, entries) in [(clinic, here), (hub, there)] {
            for round in 1...2 {
                #expect(try site.store.batches().map(\.name) == ["cohort.csv"], "round \(round)")
                #expect(try site.store.batches().map(\.entries) == [entries.count])
                #expect(throws: CaseModel.RecordError.self) { _ = try importRows(2...3, at: site) }
                try site.store.rebuild()
            }
        }
        let undone = try clinic.store.undo(batch: "cohort.csv", reason: "wrong file")
        #expect(undone.recordings.count == here.count && undone.kept.isEmpty)
        _ = try clinic.store.record(batch: undone.recordings, program: Clinic.program)
        try clinic.carryRecords(to: hub)
        for store in [clinic.store, hub.store] {
            for entry in here {
                #expect(try store.state(of: RecordID(entry: entry, change: 1))?.standing == .retracted)
            }
            for entry in there {
                #expect(try store.state(of: RecordID(entry: entry, change: 1))?.standing == .standing)
            }
        }
        #expect(try clinic.store.undo(batch: "cohort.csv", reason: "again").recordings.isEmpty)
        #expect(try hub.store.undo(batch: "cohort.csv", reason: "x").recordings.count == there.count)
    }

    @Test("A batch larger than a commit is written in several, in order")
    func largeBatch() throws {
        let clinic = try Clinic()
        let caseRecord = try clinic.addCase(named: "x")
        var body = EventBody()
        body.note = Text(String(repeating: "x", count: 15_000))
        let change = try DraftChange.create(.event, body, in: .existing(caseRecord))
        let recordings = Array(repeating: Recording(changes: [change]), count: 300)
        var progress: [Int] = []
        let entries = try clinic.store.record(batch: recordings, program: Clinic.program) { progress.append($0) }
        #expect(entries.map(\.position) == Array(3...302))
        #expect(progress.count == 3 && progress.first == 0 && progress.last == 300)
        #expect(try clinic.store.states(of: caseRecord).count == 301)
    }

    @Test(
        "A batch stopped after its first commit leaves exactly that one's entries, shown when the store is next opened"
    )
    func stoppedBatch() throws {
        struct Stopped: Error {}
        let clinic = try Clinic()
        let caseRecord = try clinic.addCase(named: "x")
        var body = EventBody()
        body.note = Text(String(repeating: "x", count: 15_000))
        let change = try DraftChange.create(.event, body, in: .existing(caseRecord))
        var source = Source()
        source.kind = "import"
        source.name = "cohort.csv"
        let recordings = Array(repeating: Recording(changes: [change], source: source, isImport: true), count: 600)
        var progress: [Int] = []
        #expect(throws: Stopped.self) {
            try clinic.store.record(batch: recordings, program: Clinic.program) { durable in
                progress.append(durable)
                if durable > 0 { throw Stopped() }
            }
        }
        let durable = try #require(progress.last)
        #expect(progress == [0, durable] && (1..<600).contains(durable))
        #expect(try clinic.log.frontier()[clinic.recordsFeed]?.position == UInt64(2 + durable))
        try clinic.reopen()
        #expect(clinic.store.missingEntries == 0)
        #expect(try clinic.store.states(of: caseRecord).count == 1 + durable)
        #expect(try clinic.store.batches().map(\.entries) == [durable])
        #expect(try clinic.store.undo(batch: "cohort.csv", reason: "stopped").recordings.count == durable)
    }
}
