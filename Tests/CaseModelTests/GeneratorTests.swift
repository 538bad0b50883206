import CaseModel
import LogFormat
import Testing

@Suite struct GeneratorTests {
    @Test(arguments: 0..<30)
    func `generated cases are the same from the same seed, and break no rule`(seed: UInt64) throws {
        let first = Samples.day(2026, 1, 5)
        var one = CaseGenerator(seed: seed, firstDay: first)
        var two = CaseGenerator(seed: seed, firstDay: first)
        let entries = try one.nextCase()
        let again = try two.nextCase()
        #expect(entries.map(\.draft.body) == again.map(\.draft.body))
        #expect(entries.map(\.identifying) == again.map(\.identifying))

        var references: [RecordID] = []
        var changes: [RecordChange] = []
        for (index, entry) in entries.enumerated() {
            let reference = Samples.reference(UInt64(index + 1))
            var draft = entry.draft
            if let caseEntry = entry.caseEntry { draft.caseRecord = .existing(references[caseEntry]) }
            if let order = entry.orderEntry { draft.links[LinkField.givenOrder] = .existing(references[order]) }
            let written = try Samples.written([entry.person, draft].compactMap(\.self), at: reference, on: entry.day)
            #expect(written.allSatisfy { $0.problem == nil })
            references.append(try #require(written.last).id)
            changes += written
        }
        let states = try Set(changes.map(\.record)).sorted().map { try Samples.state(changes, of: $0) }
        let course = try #require(states.first { $0.kind == .order })
        let book = FractionBook(course: course, given: states)
        #expect(book.findings.isEmpty, "seed \(seed)")
        #expect(book.isCertain)
        #expect(CourseRules.findings(of: try #require(book.prescribed), record: course.id).isEmpty)
        #expect(states.flatMap { RecordFindings.findings(of: $0, exists: { _ in true }) }.isEmpty)
        #expect(states.flatMap(EventRules.findings).isEmpty)
    }
}
