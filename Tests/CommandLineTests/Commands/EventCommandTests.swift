import TestSupport
import Testing

@testable import abscope

@Suite("Events, and how adverse ones go on, as a program")
struct EventCommandTests {
    private let clinic: ProgramClinic
    private let number: String

    init() async throws {
        clinic = try await ProgramClinic()
        try await clinic.must("operator", "add", input: "name: Li\n")
        number = try await clinic.addCase("name: Wang\n")
    }

    @Test("a death makes the patient deceased in one entry, and open orders are found the next morning")
    func death() async throws {
        try await clinic.must(["drug", "add", number, "--drug", "durvalumab", "--dose", "1500 mg"])
        let recorded = try await clinic.must(
            [
                "event", "add", number, "--type", "death", "--on", "2026-08-11", "--what", "progressive disease",
                "--json",
            ]
        )
        #expect(recorded.contains("\"reference\":\"GY.1.1-"), "it travels first: \(recorded)")
        let shown = try await clinic.must("case", "show", number)
        #expect(shown.contains("deceased, since 2026-08-11"), "\(shown)")
        let today = try await clinic.run("today", "--on", "2026-08-12")
        #expect(today.status == 1 && today.output.contains("recorded as deceased"), "\(today.output)")
        try await clinic.must("drug", "stop", number, "--reason", "death", "--since", "2026-08-11")
        #expect(try await clinic.run("today", "--on", "2026-08-12").status == 0)
        let timeline = try await clinic.must("case", "timeline", number)
        #expect(timeline.contains("death: progressive disease"), "\(timeline)")
    }

    @Test("events are listed by type, and an adverse event is none of them")
    func listed() async throws {
        for (type, what) in [("progression", "liver"), ("skeletal", "fracture of T9"), ("contact", "")] {
            let more = what.isEmpty ? [] : ["--what", what]
            try await clinic.must(["event", "add", number, "--type", type, "--on", "2026-06-02"] + more)
        }
        let all = try await clinic.must("event", "list", number)
        #expect(all.contains("fracture of T9") && all.contains("contact"), "\(all)")
        let some = try await clinic.must("event", "list", "--type", "progression")
        #expect(some.contains("liver") && !some.contains("T9"), "\(some)")
        let adverse = try await clinic.run("event", "add", number, "--type", "adverse-event")
        #expect(adverse.status == 64 && adverse.errors.contains("abscope ae add"), "\(adverse.errors)")
        #expect(try await clinic.run("event", "add", number, "--type", "party").status == 65)
        #expect(try await clinic.run("event", "add", number).status == 64)
        let backwards = ["event", "add", number, "--type", "procedure", "--on", "2026-06-02", "--end", "2026-06-01"]
        #expect(try await clinic.run(backwards).status == 65)
    }

    @Test("a serious event stays in today until its outcome is final; every value it had is kept")
    func amended() async throws {
        let added = try await clinic.must(
            [
                "ae", "add", number, "--term", "pneumonitis", "--grade", "2", "--serious", "yes", "--start",
                "2026-03-01",
                "--json",
            ]
        )
        let reference = try #require(added.firstMatch(of: /"reference":"([^"]+)"/)).output.1
        #expect(try await clinic.run("today").output.contains("pneumonitis, grade 2"))
        try await clinic.must(["ae", "amend", String(reference), "--grade", "3", "--reason", "CT"])
        let worse = try await clinic.run("today")
        #expect(worse.status == 1 && worse.output.contains("pneumonitis, grade 3"), "\(worse.output)")
        try await clinic.must(
            ["ae", "amend", String(reference), "--outcome", "resolved", "--end", "2026-04-02", "--reason", "follow-up"]
        )
        #expect(try await clinic.run("today").status == 0)
        let history = try await clinic.must("case", "history", number)
        #expect(history.contains("grade 2") && history.contains("grade 3") && history.contains("CT"), "\(history)")
        let listed = try await clinic.must("ae", "list", number)
        #expect(listed.contains("2026-03-01") && listed.contains("2026-04-02"), "the start is as it was: \(listed)")

        try await clinic.must(
            ["ae", "relate", String(reference), "--agent", "durvalumab", "--related", "yes", "--by", "oncologist"]
        )
        let stated = try await clinic.must("statement", "list", number)
        #expect(stated.contains("suspected cause") && stated.contains("durvalumab"), "\(stated)")

        #expect(try await clinic.run(["ae", "amend", String(reference), "--reason", "x"]).status == 64)
        #expect(try await clinic.run(["ae", "amend", String(reference), "--grade", "6", "--reason", "x"]).status == 65)
        #expect(try await clinic.run(["ae", "amend", number, "--grade", "3", "--reason", "x"]).status == 65)
        try await clinic.must(["ae", "retract", String(reference), "--reason", "wrong patient"])
        let gone = try await clinic.run(["ae", "amend", String(reference), "--grade", "1", "--reason", "x"])
        #expect(gone.status == 65, "\(gone.errors)")
    }
}
