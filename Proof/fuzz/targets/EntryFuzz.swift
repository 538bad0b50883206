import CaseModel
import LogFormat
import Schema
import SwiftProtobuf

/// The bytes of one entry, as any site may have written them.
enum EntryFuzz {
    static func run(_ bytes: [UInt8]) throws(Violation) {
        try roundTrip(bytes)
        let reference = EntryReference(feed: StoreTemplate.shared.own, position: 2, digestPrefix: 0x0102_0304_0506_0708)
        let entry: RecordEntry
        do {
            entry = try RecordEntry(decoding: bytes, at: reference)
            let again = try RecordEntry(decoding: bytes, at: reference)
            try hold(again == entry, "an entry is read in two ways")
        } catch let error as Violation {
            throw error
        } catch {
            return
        }
        for record in Set(entry.changes.map(\.record)).sorted() {
            guard let state = RecordState(folding: entry.changes, of: record) else {
                throw Violation("a change of \(record) folds to no record")
            }
            try hold(
                RecordState(folding: entry.changes.reversed(), of: record) == state,
                "the order of changes matters to a record"
            )
            read(state)
            for head in state.heads { _ = state.branch(endingAt: head) }
        }
        judge(entry)
    }

    /// What a message says stays the same when it is written and read again.
    private static func roundTrip(_ bytes: [UInt8]) throws(Violation) {
        do {
            let entry = try Entry(encodedBytes: bytes)
            let encoded = try entry.encodedBytes()
            let again = try Entry(encodedBytes: encoded)
            try hold(try again.encodedBytes() == encoded, "an entry changes when it is written again")
        } catch let error as Violation {
            throw error
        } catch {
            return
        }
    }

    /// Everything people are shown of a record.
    private static func read(_ state: RecordState) {
        switch state.kind {
        case .person: bodies(PersonBody.self, of: state)
        case .case: bodies(CaseBody.self, of: state)
        case .order: bodies(OrderBody.self, of: state)
        case .given: bodies(GivenBody.self, of: state)
        case .result: bodies(ResultBody.self, of: state)
        case .operator: bodies(OperatorBody.self, of: state)
        default: bodies(EventBody.self, of: state)
        }
        _ = (state.needsAttention, state.fieldsInConflict, state.parentsForAmendment)
    }

    private static func bodies<Body: Message>(_ type: Body.Type, of state: RecordState) {
        _ = state.settledBody(type)
        _ = state.displayedBody(type)
        for field in state.fields {
            for candidate in field.candidates { _ = state.body(of: candidate, as: type) }
        }
    }

    /// What the rules make of the records as one case.
    private static func judge(_ entry: RecordEntry) {
        let records = Set(entry.changes.map(\.record)).sorted()
            .compactMap { RecordState(folding: entry.changes, of: $0) }
        guard let first = records.first, let day = CivilDay(year: 2026, month: 3, day: 2) else { return }
        let snapshot = CaseSnapshot(caseRecord: first.id, records: records, otherSites: [])
        _ = Today.lines(for: [snapshot], on: day, staleAfterSeconds: 86_400) { _ in true }
    }
}
