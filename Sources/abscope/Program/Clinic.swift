import CaseModel
import CaseStore
import LogFormat
import LogStore
import StoreIO
import SyncProtocol

/// The store of one clinic as the commands use it: its records, and the names people know them by.
final class Clinic {
    let site: SiteID
    private let store: CaseStore
    private let log: LogStore
    /// As they were when the store was opened, in this epoch.
    private let openedNames: (names: RecordNames, epoch: EpochID)

    init(_ log: LogStore, in surroundings: Surroundings, on console: Console) throws {
        let names = try RecordNames(log)
        self.log = log
        openedNames = (names, log.epoch)
        site = log.site
        let siteNames = SiteNames(aliases: names.aliases, firstEpochs: try log.firstEpochs(origins: names.origins))
        // After much came by sync, or where the view is built for the first time, this takes a while.
        let progress = SharedProgress(.rebuilding, .entries, on: console)
        defer { progress.finish() }
        store = try CaseStore(log, names: siteNames, in: surroundings) { progress.advance(to: $0, of: $1) }
    }

    /// References as people type them. What was just recorded may have opened a new epoch, and then carries its letters.
    var names: RecordNames {
        var names = openedNames.names
        if log.epoch != openedNames.epoch { names.sitesWithSeveralEpochs.insert(site) }
        return names
    }

    /// Whether entries recorded here could be anywhere else.
    var hasOtherSites: Bool { names.aliases.keys.contains { $0 != site } }
    /// Entries in the log that the view lacks.
    var missingEntries: UInt64 { store.missingEntries }
    /// What it lacks, by feed and position, what was taken for lost among it.
    var missing: [MissingEntries] { store.missing }
    /// Why it lacks them.
    var viewProblem: String? { store.viewProblem }
    /// Why no name can be read, or none recorded.
    var keyProblem: String? { store.keyProblem }

    func operators() throws -> [RecordState] { try store.operators() }
    /// Protocols and rule sets; an approval holds at the site that made it, whatever its key was then.
    func settings() throws -> SettingShelf {
        let names = names
        let here = names.origin(of: site)
        return SettingShelf(try settingRecords()) { names.origin(of: $0.entry.feed.site) == here }
    }
    func settingRecords() throws -> [RecordState] {
        try store.states(ofKind: .protocol) + store.states(ofKind: .ruleSet)
    }
    /// What every answer rests on: the digest of all that was applied.
    var basis: String { String(describing: store.basis.digest) }
    func siteAges(of caseRecord: RecordID, heard: [SiteID: UInt64]) throws -> [SiteAge] {
        try store.siteAges(of: caseRecord, heard: heard)
    }

    /// The number of a case; its reference while the roster does not know its site.
    func caseNumber(_ record: RecordID) throws -> String {
        try store.names.caseNumber(record).map(String.init(describing:)) ?? names.reference(record)
    }

    func caseRecord(_ number: CaseNumber) throws -> RecordID? { try store.caseRecord(number) }
    func known(among numbers: [CaseNumber]) throws -> [CaseNumber] { try store.known(among: numbers) }
    func caseRecords() throws -> [RecordID] { try store.caseRecords() }
    func caseLines<Line>(
        of records: [RecordID]?,
        limit: Int?,
        line: (_ state: RecordState, _ person: RecordState?) throws -> Line?
    ) throws -> CaseLines<Line> {
        try store.caseLines(of: records, limit: limit, line: line)
    }
    func search(_ text: String, limit: Int?) throws -> [RecordID] { try store.search(text, limit: limit) }
    func states(of caseRecord: RecordID) throws -> [RecordState] { try store.states(of: caseRecord) }
    func state(of record: RecordID) throws -> RecordState? { try store.state(of: record) }
    func caseOf(_ record: RecordID) throws -> RecordID? { try store.caseOf(record) }
    func person(of caseRecord: RecordID) throws -> RecordState? { try store.person(of: caseRecord) }
    func conflicts() throws -> [RecordState] { try store.conflicts() }
    func today(
        on day: CivilDay,
        staleAfterSeconds: UInt64,
        aheadDays: Int64,
        heard: [SiteID: UInt64]
    ) throws -> [TodayLine] {
        try store.today(
            on: day,
            staleAfterSeconds: staleAfterSeconds,
            aheadDays: aheadDays,
            heard: heard,
            ruleSets: try settings().ruleSets
        )
    }

    /// The entries a typed reference may mean.
    func lookUp(_ reference: TypedReference) throws -> [EntryReference] {
        guard let lane = Lane(rawValue: reference.lane) else { return [] }
        return try store.entryReferences(lane: lane, position: reference.position) { feed in
            names.fits(reference.site, feed.site)
                && reference.epochLetters.map { $0 == CaseNumber.letters(of: feed.epoch) } ?? true
        }
    }

    /// Records one entry; nil for a dry run.
    ///
    /// When something else was recorded here since the command looked, it is recorded all the same, unless that touches
    /// the same records or case.
    ///
    /// - Throws: ``Failure`` 75 when the case changed meanwhile, and as `CaseStore.record`.
    func record(_ recording: Recording) throws -> EntryReference? {
        do {
            return try store.record(recording, program: Abscope.program)
        } catch let error as StorageError where error.code == .moved {
            throw Failure(.temporary, .changedMeanwhile)
        }
    }

    /// Imports what a file and its mapping amount to; nothing for a dry run, which checks and encodes everything.
    ///
    /// `progress`: rows durable so far, and their bytes; what it throws ends the import there.
    func importPlan(
        _ plan: ImportPlan,
        batch: String,
        operatorRecord: RecordTarget,
        isPartial: Bool,
        isDryRun: Bool,
        progress: (Int, UInt64) throws -> Void
    ) throws {
        _ = try store.importPlan(
            plan,
            batch: batch,
            operatorRecord: operatorRecord,
            program: Abscope.program,
            isPartial: isPartial,
            isDryRun: isDryRun,
            progress: progress
        )
    }

    func documents(of caseRecord: RecordID) throws -> [AttachedDocument] { try store.documents(of: caseRecord) }

    /// The entries that hold the files of a case's documents and were written here, by document.
    func partsOfDocuments(in caseRecord: RecordID) throws -> [RecordID: [EntryReference]] {
        try store.partsOfDocuments(in: caseRecord, from: site)
    }

    /// Writes the file of a document to a new file. `progress`: bytes done, and bytes in all.
    func export(_ record: RecordID, to path: String, progress: (UInt64, UInt64) -> Void) throws -> UInt64 {
        try store.export(record, to: path, progress: progress)
    }

    /// Attaches a file to a case. `progress`: bytes done, and bytes in all.
    func attach(
        file path: String,
        name: String,
        title: String?,
        to caseRecord: RecordID,
        operatorRecord: RecordTarget,
        isDryRun: Bool,
        progress: (UInt64, UInt64) -> Void
    ) throws -> AttachResult {
        try store.attach(
            file: path,
            name: name,
            title: title,
            to: caseRecord,
            operatorRecord: operatorRecord,
            program: Abscope.program,
            isDryRun: isDryRun,
            progress: progress
        )
    }

    /// Records of a case of which something was recorded in another history of a feed than the one held here.
    func recordsOfBranches(in caseRecord: RecordID) throws -> Set<RecordID> {
        try store.recordsOfBranches(in: caseRecord)
    }

    /// What erasing the persons of cases would do.
    func erasurePlan(of cases: [RecordID]) throws -> ErasurePlan { try store.erasurePlan(of: cases) }

    /// Erases persons, here at once; nil for a dry run.
    func erase(
        _ plan: ErasurePlan,
        reason: String,
        operatorRecord: RecordTarget,
        isDryRun: Bool
    ) throws -> EntryReference? {
        do {
            return try store.erase(
                plan,
                reason: reason,
                operatorRecord: operatorRecord,
                program: Abscope.program,
                isDryRun: isDryRun
            )
        } catch let error as StorageError where error.code == .moved {
            throw Failure(.temporary, .changedMeanwhile)
        }
    }

    /// The erasures of a person, and whether a key is left here all the same.
    func erasures(of person: RecordID) throws -> (erasures: [Erasure], leavesKeys: Bool) {
        try store.erasures(of: person)
    }

    /// Persons whose keys should be here and are not, or were altered.
    func keyLosses() throws -> KeyLosses { try store.keyLosses() }

    /// Keeps the keys of a backup that are lacking here; gives how many came back.
    func bringBackKeys(from extras: [BackupExtra]) throws -> Int { try store.bringBackKeys(from: extras) }

    /// The keys that were destroyed because of an erasure, ascending.
    func erasedKeys() throws -> [[UInt8]] { try store.erasedKeys() }

    /// The keys of persons held here that are meant for another site, in packets that only it can open.
    func keyPackets(for member: RosterMember, ofAuthors authors: Set<SiteID>?) throws -> [[UInt8]] {
        try store.keyPackets(for: member.site, agreementKey: member.keys.agreement, ofAuthors: authors).packets
    }

    /// Keeps the keys of persons in packets that are sealed to this site, and passes over others; gives the number of new ones.
    func accept(_ packets: [[UInt8]], from site: SiteID) throws -> Int {
        try store.accept(packets, from: site, passingOverOthers: true)
    }

    /// Brings the view up to what arrived, and does what that asks for: an erasure destroys its keys.
    func catchUp() throws { try store.catchUp() }

    /// Builds the view anew from the log.
    ///
    /// `progress`: entries applied, and entries there are.
    func rebuild(progress: (UInt64, UInt64) -> Void) throws { try store.rebuild(progress: progress) }
}
