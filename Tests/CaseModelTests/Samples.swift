import CaseModel
import LogFormat
import Schema

/// Sites, feeds and changes for tests.
enum Samples {
    static func site(_ number: UInt8) -> SiteID {
        guard let site = SiteID(Array(repeating: number, count: SiteID.lengthBytes)) else {
            preconditionFailure("site")
        }
        return site
    }

    static func epoch(_ number: UInt8) -> EpochID {
        guard let epoch = EpochID(Array(repeating: number, count: EpochID.lengthBytes)) else {
            preconditionFailure("epoch")
        }
        return epoch
    }

    static func feed(_ site: UInt8 = 1, epoch: UInt8 = 1, lane: Lane = .records) -> FeedID {
        FeedID(site: self.site(site), epoch: self.epoch(epoch), lane: lane)
    }

    static func reference(_ position: UInt64, in feed: FeedID = feed()) -> EntryReference {
        EntryReference(feed: feed, position: position, digestPrefix: position &* 0x9E37_79B9_7F4A_7C15)
    }

    /// Noon of a day in Beijing.
    static func moment(_ day: CivilDay) -> RecordedMoment {
        RecordedMoment(milliseconds: day.number * 86_400_000 + 4 * 3_600_000, zoneOffsetMinutes: 480)
    }

    static func day(_ year: Int, _ month: Int, _ day: Int) -> CivilDay {
        guard let day = CivilDay(year: year, month: month, day: day) else { preconditionFailure("no such day") }
        return day
    }

    static func context(_ reference: EntryReference, on day: CivilDay = day(2026, 3, 2)) -> EntryContext {
        EntryContext(reference: reference, recorded: moment(day), program: "test")
    }

    /// A change with one-byte contents, for the fold.
    static func change(
        at reference: EntryReference,
        of record: RecordID? = nil,
        parents: [EntryReference] = [],
        action: RecordAction? = nil,
        setting fields: [UInt32: UInt8] = [:],
        kind: RecordKind = RecordKind(rawValue: 99),
        whole: Bool = false
    ) -> RecordChange {
        RecordChange(
            id: RecordID(entry: reference),
            context: context(reference),
            kind: kind,
            record: record,
            parents: parents,
            action: action ?? (record == nil ? .create : .amend),
            fields: fields.keys.sorted().map { field in
                FieldChange(field: field, content: .bytes([UInt8(field << 3), fields[field] ?? 0]))
            },
            isWhole: whole
        )
    }

    /// Writes a draft into a feed and reads it back, as the store does.
    static func written(
        _ changes: [DraftChange],
        at reference: EntryReference,
        on day: CivilDay = day(2026, 3, 2)
    ) throws -> [RecordChange] {
        let draft = EntryDraft(recorded: moment(day), program: "test", changes: changes)
        return try RecordEntry(decoding: draft.encode(for: reference.feed), at: reference).changes
    }

    static func state(_ changes: [RecordChange], of record: RecordID) throws -> RecordState {
        guard let state = RecordState(folding: changes, of: record) else {
            throw RecordError(.illFormedEntry, "no such record in the test")
        }
        return state
    }

    static func course(fractions: UInt32 = 30, dose: String = "2.00 Gy", total: String? = "60.00 Gy") throws -> Course {
        var course = Course()
        course.name = "primary"
        course.fractions = fractions
        course.site.site = Coded(words: "upper lobe of lung")
        course.site.laterality = Coded(words: "left")
        var prescription = Prescription()
        prescription.volume = "PTV"
        prescription.dosePerFraction = try Measure(parsingDose: dose).schema
        if let total { prescription.totalDose = try Measure(parsingDose: total).schema }
        course.prescriptions = [prescription]
        return course
    }
}
