import CaseModel
import Schema
import Testing

@Suite("Screening by a protocol")
struct ScreeningTests {
    private let day = Samples.day(2026, 6, 30)

    /// What one form says.
    private func outcome(
        _ form: String,
        _ fixture: CaseFixture,
        on day: CivilDay? = nil,
        with others: [RecordChange] = []
    ) throws -> Screening.Line {
        let text = #"""
            {"format":"abscope protocol 0","name":"p","version":"1","title":"t","source":"s",
             "rules":[{"id":"R","group":"inclusion","text":"r","form":\#(form)}]}
            """#
        let trial = try #require(TrialProtocol(try Setting(parsing: Array(text.utf8))))
        let screening = Screening(trial, of: try fixture.facts(on: day ?? self.day, with: others), isConfirmed: true)
        return try #require(screening.lines.first)
    }

    @Test(
        "age in completed years, both ends included; what a year of birth leaves open is unknown",
        arguments: [
            ("2008-06-30", "pass"), ("2008-07-01", "fail"), ("1945-07-01", "pass"), ("1945-06-30", "fail"),
            ("2007", "pass"), ("2008", "unknown"), ("2008-06", "pass"), ("2009", "fail"), ("1945", "unknown"),
        ]
    )
    func age(birth: String, outcome expected: String) throws {
        let fixture = try CaseFixture(person: { person in
            person.birthDate = (try? PartialDate(parsing: birth, today: nil))?.schema ?? ClinicalDate()
        })
        #expect(try outcome(#"{"is":"age","from":"18","to":"80"}"#, fixture).outcome.rawValue == expected)
    }

    @Test("born on 29 February, a year is complete on 1 March where there is no such day")
    func leapDay() throws {
        let fixture = try CaseFixture(person: { $0.birthDate = PartialDate(Samples.day(2008, 2, 29)).schema })
        let form = #"{"is":"age","from":"18","to":"80"}"#
        #expect(try outcome(form, fixture, on: Samples.day(2026, 2, 28)).outcome == .fail)
        #expect(try outcome(form, fixture, on: Samples.day(2026, 3, 1)).outcome == .pass)
        #expect(try outcome(form, try CaseFixture()).outcome == .unknown, "nobody knows")
    }

    /// treatment-facts.md, source 002: dose-volume checks and FEV1.
    @Test(
        "limits, on both sides of each",
        arguments: [
            ("<=", "32 %", "32.0 %", "pass"), ("<=", "32 %", "32.1 %", "fail"), ("<=", "20 Gy", "20.00 Gy", "pass"),
            ("<=", "20 Gy", "20.01 Gy", "fail"), ("<=", "20 Gy", "1850 cGy", "unknown"),
            (">=", "98 %", "97.9 %", "fail"),
            (">=", "98 %", "98.0 %", "pass"), (">=", "100 %", "99.96 %", "fail"), (">", "50 %", "50.0 %", "fail"),
            (">", "50 %", "50.1 %", "pass"), (">", "50 %", "<50 %", "fail"), (">", "50 %", ">40 %", "unknown"),
        ]
    )
    func limits(compare: String, limit: String, value: String, expected: String) throws {
        var fixture = try CaseFixture()
        try fixture.measure("V20", value, on: PartialDate(day))
        let line = try outcome(#"{"is":"result","analyte":"v20","compare":"\#(compare)","limit":"\#(limit)"}"#, fixture)
        #expect(line.outcome.rawValue == expected && line.records.count == 1)
        if value == "99.96 %" { #expect(line.because.contains("off by 0.04"), "\(line.because)") }
    }

    @Test("the latest result on or before the day counts; later ones, conflicts of a day and old ones do not")
    func latest() throws {
        var fixture = try CaseFixture()
        let form = #"{"is":"result","analyte":"ECOG","compare":"<=","limit":"2","within_days":"30"}"#
        #expect(try outcome(form, fixture).outcome == .unknown)
        try fixture.measure("ECOG", "3", on: PartialDate(Samples.day(2026, 5, 1)))
        #expect(try outcome(form, fixture).outcome == .unknown, "older than 30 days")
        try fixture.measure("ECOG", "1", on: PartialDate(Samples.day(2026, 6, 20)))
        #expect(try outcome(form, fixture).outcome == .pass)
        try fixture.measure("ECOG", "4", on: PartialDate(Samples.day(2026, 7, 1)))
        #expect(try outcome(form, fixture).outcome == .pass, "the next day")
        #expect(try outcome(form, fixture, on: Samples.day(2026, 7, 1)).outcome == .fail)
        try fixture.measure("ECOG", "2", on: PartialDate(Samples.day(2026, 6, 20)))
        #expect(try outcome(form, fixture).outcome == .unknown, "two of one day differ")
    }

    @Test("a limit may be asked of one reference only")
    func method() throws {
        var fixture = try CaseFixture()
        let form = #"{"is":"result","analyte":"PTV V90%","compare":">=","limit":"98 %","method":"DTPTV"}"#
        try fixture.measure("PTV V90%", "99 %")
        #expect(try outcome(form, fixture).outcome == .unknown)
        var other = try CaseFixture()
        try other.measure("PTV V90%", "99 %", method: "DTPTV")
        #expect(try outcome(form, other).outcome == .pass)
    }

    @Test("absence is stated: no statement is unknown, and so is an unknown answer; the latest counts")
    func statements() throws {
        var fixture = try CaseFixture()
        let form = #"{"is":"statement","question":"unstable angina","answer":"no"}"#
        #expect(try outcome(form, fixture).outcome == .unknown)
        try fixture.state("Unstable  angina", .unknown, on: PartialDate(Samples.day(2026, 1, 1)))
        #expect(try outcome(form, fixture).outcome == .unknown)
        try fixture.state("unstable angina", .no, on: PartialDate(Samples.day(2026, 2, 1)))
        #expect(try outcome(form, fixture).outcome == .pass)
        try fixture.state("unstable-angina", .yes, on: PartialDate(Samples.day(2026, 3, 1)))
        #expect(try outcome(form, fixture).outcome == .fail)
        #expect(try outcome(form, fixture, on: Samples.day(2026, 2, 15)).outcome == .pass)
    }

    @Test(
        "within twelve months, the first day included; a partial date that straddles it is unknown",
        arguments: [
            ("2025-06-30", "fail"), ("2025-06-29", "pass"), ("2025-07", "fail"), ("2025-06", "unknown"),
            ("2024", "pass"),
            ("2025", "unknown"),
        ]
    )
    func notWithin(date: String, expected: String) throws {
        var fixture = try CaseFixture()
        try fixture.state("infarction", .yes, on: try PartialDate(parsing: date, today: nil))
        let form = #"{"is":"not within","question":"infarction","months":"12"}"#
        #expect(try outcome(form, fixture).outcome.rawValue == expected)
    }

    @Test("a month without that day begins with its last")
    func lastDayOfMonth() throws {
        var fixture = try CaseFixture()
        try fixture.state("infarction", .yes, on: PartialDate(Samples.day(2026, 2, 28)))
        let form = #"{"is":"not within","question":"infarction","months":"12"}"#
        #expect(try outcome(form, fixture, on: Samples.day(2027, 2, 28)).outcome == .fail)
        #expect(try outcome(form, fixture, on: Samples.day(2027, 3, 1)).outcome == .pass)
    }

    @Test("a value in conflict decides nothing")
    func conflict() throws {
        var fixture = try CaseFixture()
        let record = try fixture.measure("ECOG", "1")
        let state = try Samples.state(fixture.changes, of: record)
        for (site, value) in [(UInt8(3), "1"), (4, "2")] {
            var body = ResultBody()
            body.value.quantity = try Measure(parsing: value).schema
            fixture.changes += try Samples.written(
                [.amend(state, body, reason: "again")],
                at: Samples.reference(1, in: Samples.feed(site))
            )
        }
        let form = #"{"is":"result","analyte":"ECOG","compare":"<=","limit":"2"}"#
        #expect(try outcome(form, fixture).outcome == .unknown, "although both would pass")
    }

    @Test(
        "the stage is the one T, N and M come to; a reported group that differs leaves it open",
        arguments: [
            ("2a", "2", "1b", "8", "", "pass"), ("2a", "2", "0", "8", "", "fail"), ("1", "0", "1", "8", "IVB", "pass"),
            ("2a", "2", "1c", "8", "IIIA", "unknown"), ("2a", "2", "1b", "7", "", "unknown"),
            ("", "", "1", "8", "", "unknown"),
        ]
    )
    func stage(t: String, n: String, m: String, edition: String, reported: String, expected: String) throws {
        let fixture = try CaseFixture { body in
            if !t.isEmpty { body.stage.t = t }
            if !n.isEmpty { body.stage.n = n }
            body.stage.m = m
            body.stage.edition = edition
            if !reported.isEmpty { body.stage.reportedGroup = reported }
        }
        let line = try outcome(#"{"is":"stage","edition":"8","groups":["IVA","IVB"]}"#, fixture)
        #expect(line.outcome.rawValue == expected, "\(line.because)")
    }

    @Test(
        "non-small is no small: histology by words",
        arguments: [
            ("non-small cell carcinoma", "biopsy", "pass"), ("small cell carcinoma", "biopsy", "fail"),
            ("adenocarcinoma", "imaging", "unknown"), ("something else", "biopsy", "unknown"),
        ]
    )
    func diagnosis(histology: String, method: String, expected: String) throws {
        let fixture = try CaseFixture { body in
            body.diagnosis.histology = Coded(words: histology)
            body.diagnosis.method = Coded(words: method)
        }
        let form =
            #"{"is":"diagnosis","methods":["biopsy"],"histology":["non-small","adenocarcinoma"],"others":["small cell"]}"#
        #expect(try outcome(form, fixture).outcome.rawValue == expected)
    }

    @Test("courses by site, technique and size of fraction; where there is none of another site nothing is asked")
    func courses() throws {
        let fixture = try CaseFixture()
        let (any, lung) = (#"{"is":"course","sites":[""]}"#, #"{"is":"course","sites":["lung"],"techniques":["IMRT"]}"#)
        let others = #"{"is":"course","other_than":["lung"],"techniques":["SBRT"],"dose_per_fraction_above":"2 Gy"}"#
        #expect(try outcome(any, fixture).outcome == .unknown)
        #expect(try outcome(lung, fixture).outcome == .unknown)
        #expect(try outcome(others, fixture).outcome == .notApplicable)
        let bare = try CourseFixture().changes
        #expect(try outcome(any, fixture, with: bare).outcome == .pass, "it is there")
        #expect(try outcome(lung, fixture, with: bare).outcome == .unknown, "no technique")
        #expect(try outcome(others, fixture, with: bare).outcome == .notApplicable)
        for (technique, expected) in [("IMRT", Screening.Outcome.pass), ("2-D", .fail)] {
            let planned = try CourseFixture(planned: { $0.technique = Coded(words: technique) }).changes
            #expect(try outcome(lung, fixture, with: planned).outcome == expected)
        }
        for (dose, expected) in [("2 Gy", Screening.Outcome.fail), ("2.1 Gy", .pass), ("800 cGy", .unknown)] {
            let planned = try CourseFixture(planned: { course in
                course.site.site = Coded(words: "vertebra")
                course.technique = Coded(words: "SBRT")
                course.prescriptions[0].dosePerFraction = (try? Measure(parsingDose: dose))?.schema ?? Quantity()
            })
            #expect(try outcome(others, fixture, with: planned.changes).outcome == expected, "\(dose)")
        }
    }

    @Test("one of two ways suffices and the other is noted; a condition that fails asks nothing; advice fails nothing")
    func combined() throws {
        var fixture = try CaseFixture()
        try fixture.measure("ECOG", "3")
        try fixture.measure("KPS", "70")
        let (ecog, kps) = (
            #"{"is":"result","analyte":"ECOG","compare":"<=","limit":"2"}"#,
            #"{"is":"result","analyte":"KPS","compare":">=","limit":"70"}"#
        )
        let any = try outcome(#"{"is":"any","of":[\#(ecog),\#(kps)]}"#, fixture)
        #expect(any.outcome == .pass && any.note?.contains("ECOG 3") == true)
        #expect(try outcome(#"{"is":"all","of":[\#(ecog),\#(kps)]}"#, fixture).outcome == .fail)
        #expect(try outcome(#"{"is":"when","if":\#(ecog),"then":\#(kps)}"#, fixture).outcome == .notApplicable)
        #expect(try outcome(#"{"is":"when","if":\#(kps),"then":\#(ecog)}"#, fixture).outcome == .fail)
        let open = #"{"is":"statement","question":"q","answer":"yes"}"#
        #expect(try outcome(#"{"is":"when","if":\#(open),"then":\#(ecog)}"#, fixture).outcome == .unknown)
        let advice = try outcome(#"{"is":"advice","of":\#(ecog)}"#, fixture)
        #expect(advice.outcome == .pass && advice.note != nil)
        #expect(try outcome(#"{"is":"any","of":[\#(ecog),\#(open)]}"#, fixture).outcome == .unknown)
        #expect(try outcome(#"{"is":"judgement"}"#, fixture).outcome == .unknown)
    }

    @Test("normal is what lies in the laboratory's own range; without a range nobody knows")
    func normal() throws {
        let form = #"{"is":"normal","analytes":["ALT"]}"#
        for (value, range, expected) in [
            ("40 U/L", 5...40 as ClosedRange<Int64>?, "pass"), ("40.1 U/L", 5...40, "fail"), ("4 U/L", 5...40, "fail"),
            ("40 U/L", nil, "unknown"),
        ] {
            var fixture = try CaseFixture()
            try fixture.measure("ALT", value, normal: range)
            #expect(try outcome(form, fixture).outcome.rawValue == expected)
        }
        var untested = try CaseFixture()
        try untested.measure("EGFR", nil)
        let tested = #"{"is":"tested","analytes":["EGFR"]}"#
        #expect(try outcome(tested, untested).outcome == .fail, "not tested is another thing than negative")
        try untested.measure("EGFR", "negative", on: PartialDate(day))
        #expect(try outcome(tested, untested).outcome == .pass)
    }

    @Test("pregnancy is asked of who may be pregnant: both the test and lactation")
    func pregnancy() throws {
        let form = #"{"is":"not pregnant"}"#
        var fixture = try CaseFixture(person: { $0.birthSex = Coded(words: "female") })
        #expect(try outcome(form, try CaseFixture()).outcome == .unknown)
        #expect(
            try outcome(form, try CaseFixture(person: { $0.birthSex = Coded(words: "male") })).outcome == .notApplicable
        )
        try fixture.measure("pregnancy test", "negative", on: PartialDate(day))
        #expect(try outcome(form, fixture).outcome == .unknown)
        try fixture.state("lactation", .no, on: PartialDate(day))
        #expect(try outcome(form, fixture).outcome == .pass)
        try fixture.measure("pregnancy test", "positive", on: PartialDate(day))
        #expect(try outcome(form, fixture).outcome == .unknown, "two of one day differ")
    }

    /// treatment-facts.md, 001-13 and the worked examples: last fraction on 2026-03-06.
    @Test(
        "the window counts from the last fraction of a course that is over",
        arguments: [(3, 6, "fail"), (3, 7, "pass"), (3, 20, "pass"), (4, 17, "pass"), (4, 18, "fail")]
    )
    func window(month: Int, dayOfMonth: Int, expected: String) throws {
        var course = try CourseFixture(fractions: 2, first: Samples.day(2026, 3, 5))
        try course.give(1, on: Samples.day(2026, 3, 5))
        let form = #"{"is":"window","from":"1","to":"42"}"#
        let on = Samples.day(2026, month, dayOfMonth)
        #expect(try outcome(form, try CaseFixture(), on: on, with: course.changes).outcome == .unknown, "not over")
        try course.give(2, on: Samples.day(2026, 3, 6))
        let line = try outcome(form, try CaseFixture(), on: on, with: course.changes)
        #expect(line.outcome.rawValue == expected, "\(line.because)")
    }

    @Test("treated before it is not treatment-naive; consent counts that came no later than treatment")
    func treated() throws {
        var course = try CourseFixture(fractions: 2, first: Samples.day(2026, 3, 5))
        try course.give(1, on: Samples.day(2026, 3, 5))
        var fixture = try CaseFixture()
        let (untreated, consent) = (#"{"is":"untreated"}"#, #"{"is":"consent","topics":["radiotherapy"]}"#)
        #expect(try outcome(untreated, fixture, on: Samples.day(2026, 3, 5), with: course.changes).outcome == .pass)
        #expect(try outcome(untreated, fixture, on: Samples.day(2026, 3, 6), with: course.changes).outcome == .fail)
        #expect(try outcome(consent, fixture, with: course.changes).outcome == .unknown)
        try fixture.state("consent", .yes, topic: "radiotherapy", on: PartialDate(Samples.day(2026, 3, 6)))
        #expect(try outcome(consent, fixture, with: course.changes).outcome == .fail)
        var early = try CaseFixture()
        try early.state("consent", .yes, topic: "Radiotherapy", on: PartialDate(Samples.day(2026, 3, 5)))
        #expect(try outcome(consent, early, with: course.changes).outcome == .pass)
        try early.state("consent", .no, topic: "radiotherapy", on: PartialDate(Samples.day(2026, 4, 1)))
        #expect(try outcome(consent, early, with: course.changes).outcome == .fail, "withdrawn")
    }

    /// Every kind of rule, on a case that satisfies all of them.
    private func satisfied() throws -> (trial: TrialProtocol, fixture: CaseFixture, course: CourseFixture) {
        let forms = [
            #"{"is":"statement","question":"q","answer":"no"}"#, #"{"is":"not within","question":"i","months":"12"}"#,
            #"{"is":"diagnosis","methods":["biopsy"],"histology":["adeno"]}"#,
            #"{"is":"stage","edition":"8","groups":["IIIA"]}"#,
            #"{"is":"result","analyte":"ECOG","compare":"<=","limit":"2"}"#,
            #"{"is":"words","analyte":"EGFR","in":["negative"]}"#,
            #"{"is":"normal","analytes":["ALT"]}"#, #"{"is":"tested","analytes":["EGFR"]}"#,
            #"{"is":"course","sites":["lung"],"techniques":["IMRT"],"dose_per_fraction_above":"1 Gy"}"#,
            #"{"is":"course","other_than":["bone"],"techniques":["IMRT"]}"#,
            #"{"is":"prescribed","sites":["lung"],"volumes":["PTV"]}"#, #"{"is":"consent","topics":["radiotherapy"]}"#,
            #"{"is":"window","from":"1","to":"400","sites":["lung"]}"#,
        ]
        let rules = forms.enumerated().map { #"{"id":"R\#($0)","group":"inclusion","text":"r","form":\#($1)}"# }
        let text = #"""
            {"format":"abscope protocol 0","name":"p","version":"1","title":"t","source":"s",
             "rules":[\#(rules.joined(separator: ","))]}
            """#
        var fixture = try CaseFixture { body in
            body.diagnosis.histology = Coded(words: "adenocarcinoma")
            body.diagnosis.method = Coded(words: "biopsy")
            (body.stage.t, body.stage.n, body.stage.m, body.stage.edition) = ("2a", "2", "0", "8")
        }
        let then = PartialDate(Samples.day(2026, 3, 1))
        try fixture.state("q", .no, on: then)
        try fixture.state("i", .no, on: then)
        try fixture.state("consent", .yes, topic: "radiotherapy", on: then)
        try fixture.measure("ECOG", "1", on: then)
        try fixture.measure("EGFR", "negative", on: then)
        try fixture.measure("ALT", "20 U/L", on: then, normal: 5...40)
        var course = try CourseFixture(
            fractions: 1,
            first: Samples.day(2026, 3, 2),
            planned: { $0.technique = Coded(words: "IMRT") }
        )
        try course.give(1, on: Samples.day(2026, 3, 2))
        return (try #require(TrialProtocol(try Setting(parsing: Array(text.utf8)))), fixture, course)
    }

    @Test("no rule passes on a value that is in conflict or waits for another site, whichever record it is")
    func unsettled() throws {
        let (trial, fixture, course) = try satisfied()
        func screen(_ more: [RecordChange]) throws -> Screening {
            Screening(trial, of: try fixture.facts(on: day, with: course.changes + more), isConfirmed: true)
        }
        let whole = try screen([])
        #expect(whole.lines.filter { $0.outcome != .pass }.map(\.because).isEmpty && whole.result == .eligible)
        let records = Set(whole.lines.flatMap(\.records))
        #expect(records.count == 9, "every record decides something")
        for record in records {
            let state = try #require(fixture.states(with: course.changes).first { $0.id == record })
            for field in state.fields {
                guard case .bytes(let bytes)? = field.settled else { continue }
                // The same bytes with another field of the message behind them: another value, by two sites at once.
                var other = DraftChange.retract(state, reason: "x")
                other.action = .amend
                other.body = bytes
                other.absences = [:]
                var cleared = other
                cleared.body = []
                cleared.absences = [field.field: .unknown]
                let (one, two) = (Samples.feed(31), Samples.feed(32))
                let conflict =
                    try Samples.written([other], at: Samples.reference(1, in: one))
                    + Samples.written([cleared], at: Samples.reference(1, in: two))
                // And an amendment of what has not come.
                var late = other
                late.parents = [Samples.reference(77, in: Samples.feed(33))]
                let pending = try Samples.written([late], at: Samples.reference(1, in: Samples.feed(34)))
                for changes in [conflict, pending] {
                    for line in try screen(changes).lines where line.records.contains(record) {
                        let fields = "\(state.kind) field \(field.field)"
                        let touched = try #require(whole.lines.first { $0.rule.id == line.rule.id })
                        // Of a case one field is not another.
                        guard state.kind != .case || Self.reads(touched.rule.form, field.field) else { continue }
                        #expect(line.outcome != .pass, "\(line.rule.id) by \(fields): \(line.because)")
                    }
                }
            }
        }
    }

    private static func reads(_ form: RuleForm, _ caseField: UInt32) -> Bool {
        switch form {
        case .diagnosis: caseField == 2
        case .stage: caseField == 3
        default: true
        }
    }

    @Test("where entries are missing that may concern the case nobody is eligible, and who is not stays so")
    func missing() throws {
        let (trial, fixture, course) = try satisfied()
        let states = try fixture.states(with: course.changes)
        let gap = MissingEntries(feed: Samples.feed(6), positions: 50...51)
        let facts = CaseFacts(states, person: nil, on: day, missing: [gap])
        #expect(Screening(trial, of: facts, isConfirmed: true).result == .undecided)
        let before = CaseFacts(states, person: nil, on: Samples.day(2026, 3, 2), missing: [gap])
        #expect(Screening(trial, of: before, isConfirmed: true).result == .notEligible, "day 0 is before the window")
    }

    @Test("what was given on a day nobody knows leaves open when treatment began")
    func undated() throws {
        var course = try CourseFixture(fractions: 2, first: Samples.day(2026, 3, 5))
        try course.give(1, on: nil)
        var fixture = try CaseFixture()
        try fixture.state("consent", .yes, topic: "radiotherapy", on: PartialDate(Samples.day(2026, 3, 1)))
        for form in [
            #"{"is":"untreated"}"#, #"{"is":"consent","topics":["radiotherapy"]}"#,
            #"{"is":"window","from":"1","to":"42"}"#,
        ] { #expect(try outcome(form, fixture, with: course.changes).outcome == .unknown, "\(form)") }
    }

    @Test("a date in parts may be of before or after: it decides only what it decides either way")
    func partial() throws {
        let form = #"{"is":"result","analyte":"ECOG","compare":"<=","limit":"2"}"#
        var fixture = try CaseFixture()
        try fixture.measure("ECOG", "1", on: PartialDate(Samples.day(2026, 3, 1)))
        try fixture.measure("ECOG", "2", on: try PartialDate(parsing: "2026-01", today: nil))
        #expect(try outcome(form, fixture).outcome == .pass, "January is before March")
        try fixture.measure("ECOG", "3", on: try PartialDate(parsing: "2026", today: nil))
        #expect(try outcome(form, fixture).outcome == .unknown, "the year may be of after")
        #expect(try outcome(form, fixture, on: Samples.day(2025, 12, 31)).outcome == .unknown)
        var undated = try CaseFixture()
        try undated.measure("ECOG", "3")
        #expect(try outcome(form, undated).outcome == .fail, "the only one, entered before the day")
        #expect(try outcome(form, undated, on: Samples.day(2026, 1, 1)).outcome == .unknown, "it may be of after")
    }

    @Test("nothing is eligible before somebody confirmed the protocol, and unknown never passes")
    func result() throws {
        let text = #"""
            {"format":"abscope protocol 0","name":"p","version":"1","title":"t","source":"s",
             "ambiguities":[{"id":"A","text":"a","taken":"b"}],
             "rules":[{"id":"I","group":"inclusion","text":"r","ambiguities":["A"],
                       "form":{"is":"result","analyte":"ECOG","compare":"<=","limit":"2"}},
                      {"id":"X","group":"exclusion","text":"r","form":{"is":"rules","of":["I"]}},
                      {"id":"T","group":"treatment","text":"r","form":{"is":"judgement"}}]}
            """#
        let trial = try #require(TrialProtocol(try Setting(parsing: Array(text.utf8))))
        func screen(_ ecog: String?, isConfirmed: Bool) throws -> Screening {
            var fixture = try CaseFixture()
            if let ecog { try fixture.measure("ECOG", ecog) }
            return Screening(trial, of: try fixture.facts(on: day), isConfirmed: isConfirmed)
        }
        #expect(try screen("1", isConfirmed: true).result == .eligible)
        #expect(try screen("1", isConfirmed: false).result == .noRuleFailed)
        #expect(try screen("3", isConfirmed: true).result == .notEligible)
        #expect(try screen(nil, isConfirmed: true).result == .undecided)
        #expect(try screen("1", isConfirmed: true).ambiguities(of: trial).map(\.id) == ["A"])
        #expect(try screen(nil, isConfirmed: true).ambiguities(of: trial).isEmpty, "it decided nothing")
    }

    @Test("no shipped protocol passes on a case of which nothing is known")
    func shipped() throws {
        let protocols = ShippedSettings.all.compactMap { TrialProtocol($0) }
        #expect(protocols.count == 5)
        for trial in protocols {
            let screening = Screening(trial, of: try CaseFixture().facts(on: day), isConfirmed: true)
            #expect(screening.result == .undecided, "\(trial.name)")
        }
        let stageIV = try #require(protocols.first { $0.name == "stage-iv-primary" })
        let groups = Dictionary(grouping: stageIV.rules, by: \.group).mapValues(\.count)
        // I18a stands beside the limits it might replace.
        #expect(groups == [.inclusion: 25, .exclusion: 16])
        #expect(stageIV.rules.allSatisfy { $0.bullet != nil })
        #expect(Set(stageIV.rules.filter { $0.group == .inclusion }.compactMap(\.bullet)).count == 11)
        #expect(Set(stageIV.rules.filter { $0.group == .exclusion }.compactMap(\.bullet)).count == 9)
        let used = Set(stageIV.rules.flatMap(\.ambiguities))
        #expect(used == Set(stageIV.ambiguities.map(\.id)), "an ambiguity that decides nothing is none")
    }
}
