import CaseModel
import Schema
import TestSupport
import Testing

@Suite("Lesions, their assessments and responses from records")
struct LesionBookTests {
    private let start = Samples.day(2026, 2, 20)

    private func date(_ day: Int64) throws -> PartialDate {
        PartialDate(try #require(start.advanced(byDays: day)))
    }

    @Test("each assessor is judged by itself, however the name is typed; a new baseline begins a new series")
    func series() throws {
        var fixture = LesionFixture()
        for _ in 0..<2 { try fixture.add() }
        try fixture.assess(on: date(0), by: "Chen", ["30:target", "20:target"])
        try fixture.assess(on: date(0), by: "Zhao", ["40:target", "present:non-target"])
        try fixture.assess(on: date(60), by: "ＣＨＥＮ", ["20", "1.5cm"])
        try fixture.assess(on: date(60), by: "Zhao", ["41", "progression"])
        try fixture.assess(on: date(90), by: "chen", isBaseline: true, ["20:target", "15:target"])
        try fixture.assess(on: date(150), by: "chen", ["20", "15"])
        let series = try fixture.book().series
        #expect(series.map(\.assessor) == ["Chen", "chen", "Zhao"])
        #expect(series.map { $0.visits.map(\.response?.overall) } == [[.partial], [.stable], [.progressive]])
        #expect(series[0].course?.baselineSumMillimetres == ExactRatio(50))
        #expect(series[1].course?.baselineSumMillimetres == ExactRatio(35))
    }

    @Test("a lesion that was not there is new, whatever nobody says of its role")
    func new() throws {
        var fixture = LesionFixture()
        try fixture.add()
        try fixture.assess(on: date(0), ["30:target"])
        try fixture.add()
        try fixture.assess(on: date(60), ["10", "8"])
        try fixture.assess(on: date(120), ["10", "absent"])
        let visits = try fixture.book().series[0].visits
        #expect(visits.map(\.response?.hasNewLesion) == [true, false])
        #expect(visits.map(\.response?.overall) == [.progressive, .partial])
    }

    @Test("a lesion that was taken back counts in no sum; one whose nature is in conflict leaves the response open")
    func retracted() throws {
        var fixture = LesionFixture()
        for _ in 0..<2 { try fixture.add() }
        try fixture.assess(on: date(0), ["30:target", "20:target"])
        try fixture.assess(on: date(60), ["30", "20"])
        func states() throws -> [RecordState] { try fixture.states() }
        var taken = try states()
        let index = try #require(taken.firstIndex { $0.id == fixture.lesions[1] })
        taken[index].standing = .retracted
        #expect(LesionBook(taken).series[0].course?.baselineSumMillimetres == ExactRatio(30))
        taken[index].standing = .disputed
        #expect(LesionBook(taken).series[0].visits.allSatisfy { $0.response == nil })
    }

    @Test("what a new baseline leaves out is not new afterwards")
    func leftOut() throws {
        var fixture = LesionFixture()
        for _ in 0..<3 { try fixture.add() }
        try fixture.assess(on: date(0), ["30:target", "present:non-target"])
        try fixture.assess(on: date(60), isBaseline: true, ["30:target"])
        try fixture.assess(on: date(120), ["30", "present"])
        try fixture.assess(on: date(180), ["30", "present", "8"])
        let visits = try #require(try fixture.book().series.last).visits
        #expect(visits.map(\.response?.overall) == [.stable, .progressive])
    }

    @Test("words for a size: too small is 5 mm, less than is none")
    func words() throws {
        var fixture = LesionFixture()
        for _ in 0..<2 { try fixture.add() }
        try fixture.assess(on: date(0), ["30:target", "20:target"])
        try fixture.assess(on: date(60), ["too-small", "absent"])
        try fixture.assess(on: date(120), ["<10", "absent"])
        let visits = try fixture.book().series[0].visits
        #expect(visits[0].response?.sumMillimetres == ExactRatio(5))
        #expect(visits.map(\.response?.overall) == [.partial, .notEvaluable])
    }

    @Test("what two sites say otherwise leaves its response and all later ones unknown, and no best response")
    func conflict() throws {
        var fixture = LesionFixture()
        try fixture.add()
        try fixture.assess(on: date(0), ["30:target"])
        let second = try fixture.assess(on: date(60), ["15"])
        try fixture.assess(on: date(120), ["14"])
        let before = try fixture.book().series[0]
        #expect(before.visits.map(\.response?.overall) == [.partial, .partial] && before.best?.isConfirmed == true)
        let measured = try #require(try fixture.book().readings.first { $0.record == second }?.measurements.first)
        var (one, other) = (ResultBody(), ResultBody())
        one.value.quantity = try Measure(parsing: "16 mm").schema
        other.value.quantity = try Measure(parsing: "61 mm").schema
        try fixture.dispute(measured.record, one, other)
        let after = try fixture.book().series[0]
        #expect(after.visits.allSatisfy { $0.response == nil && $0.immune == nil } && after.best == nil)
    }

    @Test(
        "the best response: stable has to last, a response is confirmed by a later one, and progression ends it",
        arguments: [
            ([("30", Int64(42))], "SD", false, nil), ([("30", 41)], "NE", false, nil),
            ([("36", 41)], "PD", false, nil), ([("30", 30), ("36", 60)], "PD", false, nil),
            ([("20", 30)], "PR", false, 0), ([("20", 30), ("20", 57)], "PR", false, 27),
            ([("20", 30), ("20", 58)], "PR", true, 28), ([("20", 30), ("absent", 90)], "CR", false, 60),
            ([("20", 30), ("30", 90), ("10", 120)], "PR", false, 60),
        ] as [([(String, Int64)], String, Bool, Int64?)]
    )
    func best(visits: [(String, Int64)], response: String, isConfirmed: Bool, duration: Int64?) throws {
        var fixture = LesionFixture()
        try fixture.add()
        try fixture.assess(on: date(0), ["30:target"])
        for (size, day) in visits { try fixture.assess(on: date(day), [size]) }
        let best = try #require(try fixture.book().series[0].best)
        #expect(best.response.rawValue == response && best.isConfirmed == isConfirmed)
        #expect(best.durationDays == duration)
    }

    @Test(
        "iRECIST: a first progression is confirmed by a worse one four weeks later, or undone by a response",
        arguments: [
            ("30 36 41", "iUPD iCPD"), ("30 36 40", "iUPD iUPD"), ("30 36 40 46", "iUPD iUPD iCPD"),
            ("30 36 20", "iUPD iPR"), ("30 36 20 36", "iUPD iPR iUPD"), ("30 36 41 41", "iUPD iCPD iCPD"),
            ("30 20 25 26", "iPR iUPD iUPD"), ("30 20 25 not-evaluated 30", "iPR iUPD NE iCPD"),
        ]
    )
    func immune(sizes: String, responses: String) throws {
        var fixture = LesionFixture()
        try fixture.add()
        for (index, size) in sizes.split(separator: " ").enumerated() {
            try fixture.assess(on: date(Int64(index) * 42), [index == 0 ? "\(size):target" : String(size)])
        }
        let visits = try fixture.book().series[0].visits
        #expect(visits.map { $0.immune?.rawValue ?? "-" }.joined(separator: " ") == responses)
    }

    @Test("iRECIST: nothing is confirmed within four weeks; new lesions confirm by number or size")
    func immuneNew() throws {
        var fixture = LesionFixture()
        for _ in 0..<3 { try fixture.add() }
        try fixture.assess(on: date(0), ["30:target"])
        try fixture.assess(on: date(42), ["30", "10"])
        try fixture.assess(on: date(60), ["30", "20"])
        try fixture.assess(on: date(72), ["30", "20"])
        try fixture.assess(on: date(90), ["30", "20", "8"])
        let immune = try fixture.book().series[0].visits.map { $0.immune?.rawValue }
        #expect(immune == ["iUPD", "iUPD", "iUPD", "iCPD"])
    }

    /// CDISC's example, each assessor's lesions and visits as records.
    @Test("all responses of the reference are found again from records", .enabled { SharedData.has("recist/") })
    func reference() throws {
        func rows(_ file: String) throws -> [[String: String]] {
            let table = try CSVTable(parsing: SharedData.bytes("recist/" + file))
            return table.rows.map {
                Dictionary(uniqueKeysWithValues: zip(table.header.map(\.text), $0.fields.map(\.text)))
            }
        }
        let (tumours, measured, responses) = (
            try rows("tu_onco_recist.csv"), try rows("tr_onco_recist.csv"), try rows("rs_onco_recist.csv")
        )
        var compared = 0
        for subject in Set(tumours.compactMap { $0["USUBJID"] }).sorted() {
            var fixture = LesionFixture()
            // Each assessor named lesions of its own.
            var names: [String] = []
            for row in tumours where row["USUBJID"] == subject {
                names.append("\(row["TUEVALID"] ?? "") \(row["TULNKID"] ?? "")")
                try fixture.add(site: row["TULOC"] ?? "", isNodal: row["TULOC"] == "LYMPH NODE")
            }
            var visits: [String: [Int: (date: String, seen: [String])]] = [:]
            for row in measured where row["USUBJID"] == subject {
                let assessor = row["TREVALID"] ?? ""
                let lesion = try #require(names.firstIndex(of: "\(assessor) \(row["TRLNKID"] ?? "")"))
                let isNodal = tumours.contains {
                    $0["USUBJID"] == subject && $0["TUEVALID"] == assessor && $0["TULNKID"] == row["TRLNKID"]
                        && $0["TULOC"] == "LYMPH NODE"
                }
                let test = row["TRTESTCD"] ?? ""
                guard test == "TUMSTATE" || test == (isNodal ? "LPERP" : "LDIAM") else { continue }
                let number = try #require(Int(row["VISITNUM"] ?? ""))
                var visit = visits[assessor]?[number] ?? (row["TRDTC"] ?? "", Array(repeating: "", count: names.count))
                let size = row["TRSTRESN"].flatMap { $0.isEmpty || $0 == "NA" ? nil : $0 }
                let seen =
                    test == "TUMSTATE" ? (row["TRSTRESC"] == "ABSENT" ? "absent" : "present") : size ?? "not-evaluated"
                let role = row["TRGRPID"] == "TARGET" ? "target" : "non-target"
                visit.seen[lesion] = (seen == "0" ? "absent" : seen) + (number == 1 ? ":\(role)" : "")
                visits[assessor, default: [:]][number] = visit
            }
            var order: [String: [Int]] = [:]
            for (assessor, seen) in visits {
                order[assessor] = seen.keys.sorted()
                for number in seen.keys.sorted() {
                    guard let visit = seen[number] else { continue }
                    try fixture.assess(on: PartialDate(parsing: visit.date, today: start), by: assessor, visit.seen)
                }
            }
            let series = try fixture.book().series
            for row in responses where row["USUBJID"] == subject {
                let assessor = row["RSEVALID"] ?? ""
                let number = try #require(Int(row["VISITNUM"] ?? ""))
                let index = try #require(order[assessor]?.firstIndex(of: number)) - 1
                let found = try #require(series.first { $0.assessor == assessor })
                let overall = found.visits[index].response?.overall.rawValue.uppercased()
                #expect(overall == row["RSSTRESC"], "\(row)")
                compared += 1
            }
        }
        #expect(compared == 33)
    }

    @Test("what breaks the criteria is listed, and nothing else is")
    func findings() throws {
        var fixture = LesionFixture()
        for site in ["lung", "lung", "Lung", "liver", "bone", "node", "adrenal"] {
            try fixture.add(site: site, isNodal: site == "node")
        }
        try fixture.assess(
            on: date(0),
            ["30:target", "20:target", "12:target", "9:target", "10:target", "14:target", "present:non-target"]
        )
        try fixture.assess(on: date(60), reported: "SD", ["5", "5", "5", "5", "5", "5", "present"])
        try fixture.assess(on: date(60), reported: "in words", ["5", "5", "5", "5", "5", "5", "present"])
        try fixture.add(number: 3)
        let rules = LesionRules.findings(in: try fixture.book()).map(\.rule).sorted()
        #expect(
            rules == [
                "assessment.order", "assessment.response-differs", "lesion.number-twice", "lesion.target-small",
                "lesion.target-small", "lesion.targets", "lesion.targets-of-organ",
            ]
        )
        #expect(LesionRules.findings(in: LesionBook([])).isEmpty)
    }

    @Test("what speaks for treating a bone lesion", arguments: Lesion.Indication.allCases)
    func indications(_ indication: Lesion.Indication) throws {
        var bone = BoneLesion()
        switch indication {
        case .limitingPain: bone.limitingPain = .yes
        case .fractureRisk:
            (bone.weightBearing, bone.appearance) = (.yes, Vocabulary.coded(Vocabulary.BoneAppearance.mixed))
        case .criticalSite: bone.criticalSite = .yes
        case .progression: bone.progressive = .yes
        case .softTissueMass: bone.softTissueMass = .yes
        case .osteolysis: bone.appearance = Vocabulary.coded(Vocabulary.BoneAppearance.lytic)
        }
        func found(_ bone: BoneLesion) throws -> [Lesion.Indication] {
            var body = LesionBody()
            body.bone = bone
            let changes = try Samples.written([.create(.lesion, body)], at: Samples.reference(1))
            return try #require(Lesion(try Samples.state(changes, of: changes[0].id))).indications
        }
        #expect(try found(bone) == [indication])
        #expect(indication.isStrong == ["B1", "B2", "B3"].contains(indication.rawValue))
        bone = BoneLesion()
        bone.weightBearing = .yes
        bone.limitingPain = .unknown
        #expect(try found(bone).isEmpty, "a weight-bearing bone that is whole is no indication")
    }
}
