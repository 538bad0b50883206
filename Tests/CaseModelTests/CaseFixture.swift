import CaseModel
import Schema
import SwiftProtobuf

/// A case with statements and results, written and read back; site 6 writes them.
struct CaseFixture {
    var changes: [RecordChange] = []
    let caseRecord: RecordID
    private var position: UInt64 = 1
    private let personState: RecordState

    init(_ change: (inout CaseBody) -> Void = { _ in }, person: (inout PersonBody) -> Void = { _ in }) throws {
        var body = CaseBody()
        change(&body)
        changes = try Samples.written([.create(.case, body)], at: Samples.reference(1, in: Samples.feed(6)))
        caseRecord = changes[0].id
        var someone = PersonBody()
        person(&someone)
        // Identifying fields travel sealed; where the key is, they are fields like others.
        var identity = PersonBody()
        if someone.hasBirthDate { identity.birthDate = someone.birthDate }
        someone.clearBirthDate()
        let written = try Samples.written([.create(.person, someone)], at: Samples.reference(1, in: Samples.feed(7)))
        var state = try Samples.state(written, of: written[0].id)
        if identity.hasBirthDate {
            let bytes: [UInt8] = try identity.serializedBytes()
            let candidate = Candidate(content: .bytes(bytes), isIdentifying: true, changes: [written[0].id])
            state.fields.insert(FieldState(field: 4, candidates: [candidate]), at: 0)
        }
        personState = state
    }

    @discardableResult
    private mutating func write(_ draft: DraftChange) throws -> RecordID {
        position += 1
        let written = try Samples.written([draft], at: Samples.reference(position, in: Samples.feed(6)))
        changes += written
        return written[0].id
    }

    @discardableResult
    mutating func state(
        _ question: String,
        _ answer: Answer,
        topic: String? = nil,
        on date: PartialDate
    ) throws -> RecordID {
        var body = StatementBody()
        body.question = Vocabulary.question(words: question)
        body.stated.answer = answer
        body.stated.date = date.schema
        if let topic { body.topic = Coded(words: topic) }
        return try write(.create(.statement, body))
    }

    /// `value`: a number with its unit, or words; nil for what was not tested.
    @discardableResult
    mutating func measure(
        _ analyte: String,
        _ value: String?,
        on date: PartialDate? = nil,
        normal: ClosedRange<Int64>? = nil,
        method: String? = nil
    ) throws -> RecordID {
        var body = ResultBody()
        body.analyte = Vocabulary.analyte(words: analyte)
        if let value {
            if value.first?.isNumber == true || "<>".contains(value.prefix(1)) {
                body.value.quantity = try Measure(parsing: value).schema
            } else {
                body.value.coded = Vocabulary.finding(words: value, of: body.analyte)
            }
        }
        if let date { body.collected = date.schema }
        if let method { body.method = Coded(words: method) }
        if let normal {
            body.referenceRange.low = DecimalNumber(normal.lowerBound).schema
            body.referenceRange.high = DecimalNumber(normal.upperBound).schema
        }
        return try write(.create(.result, body, absences: value == nil ? [2: .notDone] : [:]))
    }

    @discardableResult
    mutating func event(_ term: String, grade: UInt32, _ change: (inout EventBody) -> Void = { _ in }) throws
        -> RecordID
    {
        var body = EventBody()
        body.type = Vocabulary.coded(Vocabulary.EventType.adverseEvent)
        body.adverseEvent.term = Coded(words: term)
        body.adverseEvent.grade = grade
        change(&body)
        return try write(.create(.event, body))
    }

    func states(with others: [RecordChange] = []) throws -> [RecordState] {
        let all = changes + others
        return try Set(all.map(\.record)).sorted().map { try Samples.state(all, of: $0) }
    }

    func facts(on day: CivilDay, with others: [RecordChange] = []) throws -> CaseFacts {
        CaseFacts(try states(with: others), person: personState, on: day)
    }
}
