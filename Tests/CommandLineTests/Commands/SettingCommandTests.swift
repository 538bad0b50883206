import TestSupport
import Testing

@testable import abscope

@Suite("Protocols, rule sets and screening, as a program")
struct SettingCommandTests {
    private let clinic: ProgramClinic
    private let number: String

    init() async throws {
        clinic = try await ProgramClinic()
        try await clinic.must("operator", "add", input: "name: Li\n")
        number = try await clinic.addCase("name: Wang\nbirth-date: 1960-05-01\n")
    }

    @Test("a rule set suggests under DRAFT until it is approved, then every morning, until a doctor has decided")
    func suggestions() async throws {
        try await clinic.must(["drug", "add", number, "--drug", "durvalumab", "--dose", "1500 mg"])
        let added = try await clinic.must(
            ["ae", "add", number, "--term", "pneumonitis", "--grade", "2", "--serious", "no", "--start", "2026-03-02"]
        )
        #expect(added.contains("DRAFT") && added.contains("suggests a hold"), "\(added)")
        let before = try await clinic.run("today")
        #expect(before.status == 0 && !before.output.contains("suggested"), "\(before.output)")
        let listed = try await clinic.must("rules", "list")
        #expect(listed.contains("durvalumab") && listed.contains("DRAFT"))
        try await clinic.must("rules", "approve", "durva", "--by", "Dr Chen")
        #expect(try await clinic.run("rules", "approve", "durvalumab", "--by", "Dr Chen").status == 65, "already")
        let after = try await clinic.run("today")
        #expect(after.status == 1 && after.output.contains("a hold suggested by durvalumab 1"), "\(after.output)")
        try await clinic.must("drug", "hold", number, "--reason", "pneumonitis", "--by", "Dr Chen")
        #expect(try await !clinic.run("today").output.contains("suggested"))
        let json = try await clinic.must("ae", "list", number, "--json")
        let event = ProgramClinic.member("reference", of: json)
        let worse = try await clinic.must("ae", "amend", event, "--grade", "3", "--reason", "CT")
        #expect(worse.contains("suggests stopping for good") && !worse.contains("DRAFT"), "\(worse)")
        #expect(try await clinic.run("today").output.contains("stopping for good suggested"))
        try await clinic.must("drug", "stop", number, "--reason", "pneumonitis, grade 3", "--by", "Dr Chen")
        #expect(try await clinic.run("today").status == 0)
        let rules = try await clinic.must("rules", "list", "--json")
        let record = try #require(rules.firstMatch(of: /"approved_by":"Dr Chen"[^}]*"record":"([^"]+)"/)).output.1
        try await clinic.must("rules", "retract", String(record), "--reason", "the label changed")
        #expect(try await clinic.must("rules", "show", "durvalumab").contains("DRAFT"))
    }

    @Test("screening says for each rule what it rests on, and is eligible only by a confirmed protocol")
    func screening() async throws {
        let file = clinic.folder.path + "/trial.json"
        let text = #"""
            {"format":"abscope protocol 0","name":"small","version":"1","title":"A small trial","source":"here",
             "ambiguities":[{"id":"A1","text":"Which score.","taken":"ECOG."}],
             "rules":[{"id":"I1","group":"inclusion","text":"Adult","form":{"is":"age","from":"18","to":"80"}},
              {"id":"I2","group":"inclusion","text":"Fit","ambiguities":["A1"],
               "form":{"is":"result","analyte":"ECOG","compare":"<=","limit":"2"}}]}
            """#
        try SmallFile.write(Array(text.utf8), to: file)
        #expect(try await clinic.must("protocol", "lint", file).contains("Good: small 1"))
        try await clinic.must("protocol", "load", file)
        #expect(try await clinic.run("protocol", "load", file).status == 65, "recorded already")
        try SmallFile.write(Array(text.replacing("A small trial", with: "Another trial").utf8), to: file + ".2")
        let changed = try await clinic.run("protocol", "load", file + ".2")
        #expect(changed.status == 65 && changed.errors.contains("another version"), "\(changed.errors)")
        let open = try await clinic.run("screen", number, "small", "--on", "2026-06-30")
        #expect(open.status == 1 && open.output.contains("Not decided: I2."), "\(open.output)")
        #expect(open.output.contains("66 years") && open.output.contains("no ECOG"), "\(open.output)")
        #expect(open.output.contains("NOT CONFIRMED") && !open.output.contains("Which score"), "\(open.output)")
        try await clinic.must([
            "result", "add", number, "--analyte", "ecog", "--value", "1", "--collected", "2026-06-01",
        ])
        let passed = try await clinic.must("screen", number, "small", "--on", "2026-06-30")
        #expect(passed.contains("No rule failed") && passed.contains("A1: Which score. Taken: ECOG."), "\(passed)")
        let first = try await clinic.must("screen", number, "small", "--on", "2026-06-30", "--json")
        #expect(
            try await clinic.must("screen", number, "small", "--on", "2026-06-30", "--json") == first,
            "bit for bit"
        )
        #expect(
            first.contains("\"frontier\":\"") && first.contains("\"sha256\":\"")
                && first.contains("\"program\":\"abscope")
        )
        try await clinic.must("protocol", "approve", "small", "--by", "Dr Zhao")
        #expect(try await clinic.must("screen", number, "small", "--on", "2026-06-30").contains("Eligible."))
        // What was collected on the first of June is not known on the last of May.
        #expect(try await clinic.run("screen", number, "small", "--on", "2026-05-31").status == 1)
        let wrong = try await clinic.run("screen", number, "nothing")
        #expect(wrong.status == 66 && wrong.errors.contains("small@1"), "\(wrong.errors)")
        #expect(try await clinic.run("screen", number, "o").status == 64, "several have an o")
        #expect(try await clinic.run("rules", "lint", file).status == 65)
        try SmallFile.write(Array("{}".utf8), to: file)
        #expect(try await clinic.run("protocol", "lint", file).status == 65)
        #expect(try await clinic.run("protocol", "lint", file + ".none").status == 66)
    }
}
