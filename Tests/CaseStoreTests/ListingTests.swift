import CaseModel
import CaseStore
import LogFormat
import LogStore
import Schema
import StoreIO
import TestSupport
import Testing

@Suite("Lists of cases")
struct ListingTests {
    private func stage(_ state: RecordState) -> String {
        state.displayedBody(CaseBody.self).body.stage.reportedGroup
    }

    @Test("Every case has its line and its person, ascending, or in the order and of the cases that are asked for")
    func lines() throws {
        let clinic = try Clinic()
        let records = try ["Wang", "Li", "Zhao"].map { try clinic.addCase(named: $0) }
        func names(of asked: [RecordID]?) throws -> [String?] {
            try clinic.store.caseLines(of: asked) { $1?.displayedBody(PersonBody.self).body.name.value }.lines
        }
        #expect(try names(of: nil) == ["Wang", "Li", "Zhao"])
        #expect(try names(of: [records[2], records[0]]) == ["Zhao", "Wang"])
        #expect(try names(of: []).isEmpty)
    }

    @Test("With a limit nothing beyond the last line is looked at; what is left out does not count", arguments: 1...4)
    func limit(limit: Int) throws {
        let clinic = try Clinic()
        let records = try (0..<4).map { try clinic.addCase(named: "n\($0)") }
        try clinic.record(.retract(try #require(try clinic.store.state(of: records[0])), reason: "twice"))
        var asked: [RecordID] = []
        let found = try clinic.store.caseLines(limit: limit) { state, _ in
            asked.append(state.id)
            return state.standing == .retracted ? nil : state.id
        }
        #expect(found.lines == Array(records.dropFirst().prefix(limit)))
        #expect(asked == Array(records.prefix(limit + 1)))
        #expect(found.notShown == records.count - asked.count)
    }

    @Test("A list is of one moment, whatever is recorded while it is made")
    func moment() throws {
        let clinic = try Clinic()
        let records = try (0..<3).map { try clinic.addCase(named: "n\($0)") }
        let another = try clinic.another()
        let last = try #require(try another.state(of: records[2]))
        var isAmended = false
        let stages = try clinic.store.caseLines { state, _ in
            if !isAmended {
                isAmended = true
                var body = CaseBody()
                body.stage.reportedGroup = "IIIA"
                try clinic.record(.amend(last, body, reason: "report"), in: another)
            }
            return stage(state)
        }.lines
        #expect(isAmended && stages == ["IV", "IV", "IV"])
        #expect(try clinic.store.caseLines { state, _ in stage(state) }.lines == ["IV", "IV", "IIIA"])
    }
}
