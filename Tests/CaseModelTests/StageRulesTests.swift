import CaseModel
import Schema
import Testing

@Suite struct StageRulesTests {
    private func stage(_ reported: String?, _ categories: [String], edition: String? = "8") -> Stage {
        var stage = Stage()
        if let reported { stage.reportedGroup = reported }
        if categories.count == 3 { (stage.t, stage.n, stage.m) = (categories[0], categories[1], categories[2]) }
        if let edition { stage.edition = edition }
        return stage
    }

    @Test(
        "what T, N and M come to stands beside what is reported, however they are typed",
        arguments: [["2a", "2", "0"], ["T2a", "N2", "M0"], ["cT2a", "cN2", "cM0"], ["2A", "2", "０"]]
    )
    func computed(categories: [String]) {
        #expect(stage(nil, categories).computed?.group == "IIIA")
    }

    @Test func `without one of the four, or a table, there is no group`() {
        #expect(stage("IIIA", []).computed == nil)
        #expect(stage(nil, ["2a", "2", "0"], edition: nil).computed == nil)
        #expect(stage(nil, ["2a", "2", "0"], edition: "5").computed?.candidates == [])
        #expect(stage(nil, ["9", "2", "0"]).computed == nil)
    }

    @Test(
        "a reported group that T, N and M do not come to is found",
        arguments: [
            ("IIIA", ["2a", "2", "0"], false), ("iiia", ["2a", "2", "0"], false), ("III", ["2a", "2", "0"], false),
            ("IIIB", ["2a", "2", "0"], true), ("II", ["2a", "2", "0"], true), ("IV", ["2a", "2", "0"], true),
            ("IV", ["3", "1", "1b"], false), ("IVA", ["3", "1", "1b"], false), ("IVB", ["3", "1", "1b"], true),
            ("I or II", ["2a", "2", "0"], false), ("No Staging Data", ["2a", "2", "0"], false),
            ("IB", ["2", "0", "0"], false), ("0", ["2a", "2", "0"], true),
        ]
    )
    func differs(reported: String, categories: [String], isFound: Bool) throws {
        var body = CaseBody()
        body.stage = stage(reported, categories)
        let changes = try Samples.written([.create(.case, body)], at: Samples.reference(1))
        let snapshot = CaseSnapshot(
            caseRecord: changes[0].id,
            records: [try Samples.state(changes, of: changes[0].id)],
            otherSites: []
        )
        let lines = Today.lines(for: [snapshot], on: Samples.day(2026, 3, 2), exists: { _ in true })
        #expect(lines.compactMap(\.finding?.rule) == (isFound ? ["stage.group-differs"] : []))
    }
}
