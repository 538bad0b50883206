import CaseModel
import LogFormat
import Schema
import Testing

@Suite("Protocols and rule sets as data")
struct SettingTests {
    @Test(
        "what is wrong with a file is said with its place",
        arguments: [
            ("{", "line 1"), (#"{"format":"x"}"#, "format"), (#"{"format":"abscope protocol 0"}"#, "name"),
            (
                #"{"format":"abscope rule set 0","name":"n","version":"1","drugs":["d"],"jurisdiction":"US","label":"l","source":"s","rules":[]}"#,
                "rules"
            ),
            (
                #"{"format":"abscope rule set 0","name":"n","version":"1","drugs":["d"],"jurisdiction":"US","label":"l","source":"s","rules":[{"id":"a","terms":["t"],"grades":["6"],"suggest":"hold"}]}"#,
                "grades"
            ),
            (
                #"{"format":"abscope rule set 0","name":"n","version":"1","drugs":["d"],"jurisdiction":"US","label":"l","source":"s","rules":[{"id":"a","terms":["t"],"grades":["2"],"suggest":"dance"}]}"#,
                "suggest"
            ),
        ]
    )
    func refused(text: String, place: String) {
        let error = #expect(throws: RecordError.self) { try Setting(parsing: Array(text.utf8)) }
        let said = "\(error?.message ?? "") \(error?.location ?? "")"
        #expect(said.contains(place), "\(said)")
    }

    @Test(
        "a form this version does not know, and a member it does not know, are refused",
        arguments: [
            #"{"is":"dance"}"#, #"{"is":"age","from":"18","to":"80","by":"x"}"#,
            #"{"is":"age","from":"eighteen","to":"80"}"#,
            #"{"is":"any","of":[]}"#, #"{"is":"result","analyte":"a","compare":"=","limit":"1"}"#,
            #"{"is":"stage","edition":"5","groups":["IV"]}"#, #"{"is":"rules","of":["I99"]}"#,
            #"{"is":"statement","question":"q","answer":"maybe"}"#, #"{"is":"when","if":{"is":"judgement"}}"#,
        ]
    )
    func forms(form: String) {
        let text = #"""
            {"format":"abscope protocol 0","name":"p","version":"1","title":"t","source":"s",
             "rules":[{"id":"R","group":"inclusion","text":"r","form":\#(form)}]}
            """#
        #expect(throws: RecordError.self) { try Setting(parsing: Array(text.utf8)) }
    }

    @Test("the name is that of the canonical text: layout and order change nothing, a letter does")
    func digest() throws {
        let one =
            #"{"format":"abscope protocol 0","name":"p","version":"1","title":"t","source":"s","rules":[{"id":"R","group":"inclusion","text":"r","form":{"is":"judgement"}}]}"#
        let other =
            #"{ "version" : "1", "name":"p","title":"t","source":"s","format":"abscope protocol 0","rules":[{"text":"r","id":"R","form":{"is":"judgement"},"group":"inclusion"}]}"#
        let (first, second) = (try Setting(parsing: Array(one.utf8)), try Setting(parsing: Array(other.utf8)))
        #expect(first.digest == second.digest && first.digest.count == 64)
        let third = try Setting(parsing: Array(one.replacing(#""title":"t""#, with: #""title":"u""#).utf8))
        #expect(third.digest != first.digest)
    }

    /// A rule set recorded at a site, approved or not.
    private func recorded(_ setting: Setting, by approver: String?, site: UInt8) throws -> RecordState {
        var body = SettingBody()
        body.document = setting.document
        if let approver { body.approval.by = approver }
        let changes = try Samples.written(
            [.create(setting.kind, body)],
            at: Samples.reference(1, in: Samples.feed(site))
        )
        return try Samples.state(changes, of: changes[0].id)
    }

    @Test("an approval holds for that very text, at the site that made it, until it is taken back")
    func approvals() throws {
        let setting = try #require(ShippedSettings.all.first { $0.name == "durvalumab" })
        func shelf(_ states: [RecordState]) -> SettingShelf {
            SettingShelf(states) { $0.entry.feed.site == Samples.site(1) }
        }
        #expect(shelf([]).ruleSets.isEmpty)
        #expect(shelf([]).items.filter { $0.setting.kind == .ruleSet }.count == 3)
        #expect(shelf([try recorded(setting, by: nil, site: 1)]).ruleSets.isEmpty)
        #expect(shelf([try recorded(setting, by: "Chen", site: 2)]).ruleSets.isEmpty, "of another site")
        let own = try recorded(setting, by: "Chen", site: 1)
        #expect(shelf([own]).ruleSets.map(\.name) == ["durvalumab"])
        #expect(shelf([own]).items.filter { $0.setting.digest == setting.digest }.count == 1)
        var retracted = own
        retracted.standing = .retracted
        #expect(shelf([retracted]).ruleSets.isEmpty)
        // A text that is not what its digest says is nobody's.
        var forged = SettingBody()
        forged.document = setting.document
        forged.document.name = "other"
        forged.approval.by = "Chen"
        let changes = try Samples.written([.create(.ruleSet, forged)], at: Samples.reference(9))
        #expect(shelf([try Samples.state(changes, of: changes[0].id)]).ruleSets.isEmpty)
    }

    private func rules() throws -> DrugRuleSet {
        try #require(ShippedSettings.all.lazy.compactMap { DrugRuleSet($0) }.first { $0.name == "durvalumab" })
    }

    /// clinic-decisions.md, K1: grade 2 holds, grade 3 and 4 stop.
    @Test(
        "a pneumonitis of grade 2 suggests a hold, of 3 and 4 stopping for good; of 1 and 5 nothing",
        arguments: [(UInt32(1), nil), (2, "hold"), (3, "stop"), (4, "stop"), (5, nil)] as [(UInt32, String?)]
    )
    func grades(grade: UInt32, suggestion: String?) throws {
        var fixture = try CaseFixture()
        try fixture.event("Pneumonitis", grade: grade)
        let drug = try DrugFixture(site: 5)
        let findings = try rules().findings(in: fixture.states(with: drug.changes))
        #expect(findings.map(\.suggestion.rawValue) == [suggestion].compactMap(\.self))
        #expect(findings.allSatisfy { $0.order == drug.order })
    }

    @Test("held is what a hold suggests, and not what a stop does; what is over or stopped suggests nothing")
    func decided() throws {
        var (two, three, over) = (try CaseFixture(), try CaseFixture(), try CaseFixture())
        try two.event("pneumonitis", grade: 2)
        try three.event("pneumonitis", grade: 3)
        try over.event("pneumonitis", grade: 3) { $0.outcome = Vocabulary.coded(Vocabulary.EventOutcome.resolved) }
        var held = try DrugFixture(site: 5)
        try held.decide(.held, since: Samples.day(2026, 3, 9))
        #expect(try rules().findings(in: two.states(with: held.changes)).isEmpty)
        #expect(try rules().findings(in: three.states(with: held.changes)).count == 1)
        #expect(try rules().findings(in: over.states(with: try DrugFixture(site: 5).changes)).isEmpty)
        var stopped = try DrugFixture(site: 5)
        try stopped.decide(.stopped, since: Samples.day(2026, 3, 9))
        #expect(try rules().findings(in: three.states(with: stopped.changes)).isEmpty)
        let other = try DrugFixture(site: 5) { $0.drug = Coded(words: "nivolumab") }
        #expect(try rules().findings(in: three.states(with: other.changes)).isEmpty, "no drug takes another's rules")
    }

    @Test(
        "liver values by multiples of the laboratory's limit; the latest one counts",
        arguments: [("120 U/L", nil), ("120.1 U/L", "hold"), ("320 U/L", "hold"), ("321 U/L", "stop")]
            as [(String, String?)]
    )
    func multiples(value: String, suggestion: String?) throws {
        var fixture = try CaseFixture()
        try fixture.measure("ALT", value, on: PartialDate(Samples.day(2026, 3, 1)), normal: 5...40)
        let drug = try DrugFixture(site: 5)
        let found = try rules().findings(in: fixture.states(with: drug.changes)).map(\.suggestion.rawValue)
        #expect(found == [suggestion].compactMap(\.self))
        try fixture.measure("alt", "30 U/L", on: PartialDate(Samples.day(2026, 3, 8)), normal: 5...40)
        #expect(try rules().findings(in: fixture.states(with: drug.changes)).isEmpty)
    }
}
