import CaseModel
import CaseStore
import LogFormat
import LogStore
import Schema
import StoreIO
import TestSupport
import Testing

/// A store with one operator, in a folder of its own on the real disk.
final class Clinic {
    static let program = "test 0"
    let folder: TemporaryDirectory
    let clock: SimulatedClock
    let surroundings: Surroundings
    let log: LogStore
    private(set) var store: CaseStore
    private(set) var operatorRecord: RecordTarget?

    init(alias: String = "GY", fileSystem: any FileSystem = LinuxFileSystem()) throws {
        folder = try TemporaryDirectory()
        clock = SimulatedClock(zoneOffsetMinutes: 480)
        surroundings = try folder.surroundings(fileSystem: fileSystem, clock: clock)
        log = try LogStore.create(at: folder.path + "/store", alias: alias, in: surroundings)
        try log.join(RegistryID(foundedBy: [1]))
        let names = SiteNames(aliases: [log.site: alias], firstEpochs: [log.site: log.epoch])
        store = try CaseStore(log, names: names, in: surroundings)
        var body = OperatorBody()
        body.name.value = "Wang Li"
        let entry = try store.record(Recording(changes: [try .create(.operator, body)]), program: Self.program)
        operatorRecord = .existing(RecordID(entry: try #require(entry)))
    }

    var view: String { log.paths.view }
    var recordsFeed: FeedID { FeedID(site: log.site, epoch: log.epoch, lane: .records) }

    /// Another process on the same store.
    func another() throws -> CaseStore {
        try CaseStore(try LogStore.open(at: log.root, in: surroundings), names: store.names, in: surroundings)
    }

    /// The store as a machine finds it on which it was never used: it was copied there.
    func openedElsewhere() throws -> (log: LogStore, store: CaseStore) {
        var elsewhere = surroundings
        elsewhere.machine.machineID = "another machine"
        let log = try LogStore.open(at: self.log.root, in: elsewhere)
        return (log, try CaseStore(log, names: store.names, in: elsewhere))
    }

    func reopen() throws { store = try CaseStore(log, names: store.names, in: surroundings) }

    @discardableResult
    func record(_ change: DraftChange, in store: CaseStore? = nil) throws -> RecordID {
        let recording = Recording(changes: [change], operatorRecord: operatorRecord)
        return RecordID(entry: try #require(try (store ?? self.store).record(recording, program: Self.program)))
    }

    /// What registers a person and a case.
    func newCase(named name: String) throws -> Recording {
        var person = PersonBody()
        person.birthYear = 1_961
        var identity = PersonBody()
        identity.name.value = name
        var body = CaseBody()
        body.stage.reportedGroup = "IV"
        return Recording(
            changes: [
                try .create(.person, person),
                try .create(.case, body, links: [LinkField.casePerson: .inThisEntry(change: 0)]),
            ],
            identity: [0: try identity.encodedBytes()],
            operatorRecord: operatorRecord
        )
    }

    /// Registers a person and a case, and gives the case.
    func addCase(named name: String) throws -> RecordID {
        RecordID(entry: try #require(try store.record(try newCase(named: name), program: Self.program)), change: 1)
    }

    /// Erases the person of a case, and gives the entry that says so.
    @discardableResult
    func erase(_ cases: RecordID...) throws -> EntryReference {
        let plan = try store.erasurePlan(of: cases)
        return try #require(
            try store.erase(plan, reason: "asked for", operatorRecord: operatorRecord, program: Self.program)
        )
    }

    /// What carries every key that is here to another site.
    func keyPackets(for other: Clinic) throws -> [[UInt8]] {
        try store.keyPackets(for: other.log.site, agreementKey: other.log.identity.agreementPublicKey).packets
    }

    /// Orders thirty fractions of 2 Gy from the first Monday of March 2026 on.
    @discardableResult
    func addCourse(_ caseRecord: RecordID) throws -> RecordID {
        var order = OrderBody()
        order.course.name = "primary"
        order.course.fractions = 30
        order.course.site.site = Coded(words: "upper lobe of lung")
        order.course.site.laterality = Coded(words: "left")
        var prescription = Prescription()
        prescription.volume = "PTV"
        prescription.dosePerFraction = try Measure(parsingDose: "2.00 Gy").schema
        order.course.prescriptions = [prescription]
        order.course.firstFraction = PartialDate(Self.day(2)).schema
        return try record(.create(.order, order, in: .existing(caseRecord)))
    }

    static func fraction(_ number: UInt32, of course: RecordID, in caseRecord: RecordID, on day: CivilDay) throws
        -> DraftChange
    {
        var body = GivenBody()
        body.fraction.number = number
        body.fraction.date = PartialDate(day).schema
        body.fraction.outcome = .given
        return try .create(
            .given,
            body,
            in: .existing(caseRecord),
            links: [LinkField.givenOrder: .existing(course)]
        )
    }

    /// A day of March 2026; the 2nd is a Monday.
    static func day(_ day: Int) -> CivilDay {
        guard let day = CivilDay(year: 2_026, month: 3, day: day) else { preconditionFailure("no such day") }
        return day
    }

    /// Carries everything of this site to another, as the daemon does.
    func carryRecords(to other: Clinic, lanes: [Lane] = Lane.allCases) throws {
        for row in try log.frontier().rows where row.feed.site == log.site && lanes.contains(row.feed.lane) {
            let key = log.identity.publicKey
            let there =
                try other.log.frontier()[row.feed]
                ?? FeedChain.start(key: key, epoch: row.feed.epoch, lane: row.feed.lane)
            guard there.position < row.head.position else { continue }
            let blocks = try log.blocks(of: row.feed, after: there, limitBytes: 1 << 24)
            _ = try other.log.receive(blocks, of: row.feed, key: key, after: there)
            try other.log.attest(try #require(try log.checkpoint(of: row.feed)), key: key)
        }
        try other.store.catchUp()
    }

    @discardableResult
    func carryKeys(to other: Clinic) throws -> Int {
        try other.store.accept(try keyPackets(for: other), from: log.site)
    }
}
