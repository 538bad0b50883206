import CaseModel
import LogFormat
import Schema

/// Lesions and their assessments, written and read back; site 2 writes them.
struct LesionFixture {
    var changes: [RecordChange] = []
    private var position: UInt64 = 100
    private(set) var lesions: [RecordID] = []

    private mutating func write(_ drafts: [DraftChange]) throws -> [RecordChange] {
        position += 1
        let written = try Samples.written(drafts, at: Samples.reference(position, in: Samples.feed(2)))
        changes += written
        return written
    }

    /// Adds a lesion with the next number.
    @discardableResult
    mutating func add(site: String = "lung", isNodal: Bool = false, number: UInt32? = nil) throws -> RecordID {
        var body = LesionBody()
        body.number = number ?? UInt32(lesions.count) + 1
        body.site.site = Coded(words: site)
        if isNodal { body.nodal = true }
        let lesion = try write([.create(.lesion, body)])[0].id
        lesions.append(lesion)
        return lesion
    }

    /// `seen`: of each lesion in the order they were added: `23`, `23:non-target`, `absent`; empty for nothing.
    @discardableResult
    mutating func assess(
        on date: PartialDate,
        by assessor: String = "reader",
        isBaseline: Bool = false,
        reported: String? = nil,
        _ seen: [String]
    ) throws -> RecordID {
        var body = AssessmentBody()
        body.reading.date = date.schema
        body.reading.assessor = assessor
        if isBaseline { body.reading.isBaseline = true }
        if let reported { body.reported = Coded(words: reported) }
        var drafts = [try DraftChange.create(.assessment, body)]
        for (lesion, text) in zip(lesions, seen) where !text.isEmpty {
            let parts = text.split(separator: ":").map(String.init)
            var result = ResultBody()
            result.analyte = Vocabulary.lesionSize
            if let sight = Vocabulary.LesionSight(rawValue: parts[0]) {
                result.value.coded = Vocabulary.coded(sight)
            } else {
                result.value.quantity = try Measure(parsing: parts[0], implied: .millimetre).schema
            }
            if parts.count > 1, let role = LesionAssessment.Role(rawValue: parts[1]) {
                result.role = Vocabulary.coded(role)
            }
            drafts.append(
                try .create(
                    .result,
                    result,
                    links: [
                        LinkField.resultSubject: .existing(lesion),
                        LinkField.resultAssessment: .inThisEntry(change: 0),
                    ]
                )
            )
        }
        return try write(drafts)[0].id
    }

    @discardableResult
    mutating func expose(_ lesion: Int, by course: RecordID, _ exposure: Vocabulary.LesionExposure) throws -> RecordID {
        var result = ResultBody()
        result.analyte = Vocabulary.lesionExposure
        result.value.coded = Vocabulary.coded(exposure)
        let links = [
            LinkField.resultSubject: RecordTarget.existing(lesions[lesion - 1]),
            LinkField.resultCourse: .existing(course),
        ]
        return try write([.create(.result, result, links: links)])[0].id
    }

    /// Two sites say otherwise of one record at the same time.
    mutating func dispute(_ record: RecordID, _ one: ResultBody, _ other: ResultBody) throws {
        let state = try Samples.state(changes, of: record)
        let drafts = [one, other]
        for (index, body) in drafts.enumerated() {
            let feed = Samples.feed(UInt8(3 + index))
            changes += try Samples.written(
                [.amend(state, body, reason: "read again")],
                at: Samples.reference(1, in: feed)
            )
        }
    }

    func states(with others: [RecordChange] = []) throws -> [RecordState] {
        let all = changes + others
        return try Set(all.map(\.record)).sorted().map { try Samples.state(all, of: $0) }
    }

    func book(with others: [RecordChange] = []) throws -> LesionBook { LesionBook(try states(with: others)) }
}
