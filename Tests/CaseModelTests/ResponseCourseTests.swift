import CaseModel
import TestSupport
import Testing

@Suite("Responses by RECIST 1.1")
struct ResponseCourseTests {
    private static let folder = "recist/"
    private static let reason: Comment = "the assessments of shared/data are not on this machine"

    private func target(_ lesion: String, _ size: String?, isNodal: Bool = false) throws -> LesionAssessment {
        LesionAssessment(
            lesion: lesion,
            role: .target,
            isNodal: isNodal,
            diameterMillimetres: try size.map { try DecimalNumber(parsing: $0) },
            state: size == nil ? .notEvaluated : size == "0" ? .absent : .present
        )
    }

    private func other(_ lesion: String, _ role: LesionAssessment.Role, _ state: LesionAssessment.State)
        -> LesionAssessment
    {
        LesionAssessment(lesion: lesion, role: role, isNodal: false, diameterMillimetres: nil, state: state)
    }

    /// Sums of one target, visit after visit, and what each visit comes to.
    @Test(
        "the thresholds, on both sides of each",
        arguments: [
            ("100 70.0", [.partial]), ("100 70.1", [.stable]), ("100 20 24", [.partial, .partial]),
            ("100 25 30", [.partial, .progressive]), ("200 100 119.9", [.partial, .partial]),
            ("200 100 120", [.partial, .progressive]), ("100 0 4", [.complete, .partial]),
            ("100 0 5", [.complete, .progressive]), ("20 24.9", [.stable]), ("25 30", [.progressive]),
            ("20 24", [.stable]), ("100 70 70 80 80 80", [.partial, .partial, .stable, .stable, .stable]),
            ("100 50 65 55", [.partial, .progressive, .partial]),
        ] as [(String, [TumourResponse])]
    )
    func thresholds(sums: String, responses: [TumourResponse]) throws {
        let visits = try sums.split(separator: " ").map { [try target("a", String($0))] }
        let course = try ResponseCourse(baseline: visits[0], visits: Array(visits.dropFirst()))
        #expect(course.visits.map(\.target) == responses && course.visits.map(\.overall) == responses)
    }

    @Test(
        "a node is gone when it is normal, and is no target when it was normal at baseline",
        arguments: [("20", "9.9", TumourResponse.complete), ("20", "10", .partial), ("9", "9", .notEvaluable)]
    )
    func nodes(baseline: String, then: String, response: TumourResponse) throws {
        let course = try ResponseCourse(
            baseline: [target("n", baseline, isNodal: true)],
            visits: [[target("n", then, isNodal: true)]]
        )
        #expect(course.visits[0].overall == response)
        #expect(course.targets == (baseline == "9" ? 0 : 1))
    }

    @Test("what was not measured leaves no response, unless the rest alone is progression; and is never a nadir")
    func incomplete() throws {
        let course = try ResponseCourse(
            baseline: [target("a", "30"), target("b", "30")],
            visits: [
                [target("a", "20"), target("b", nil)], [target("a", "75"), target("b", nil)], [target("a", "75")],
                [target("a", "40"), target("b", "20")],
            ]
        )
        #expect(course.visits.map(\.target) == [.notEvaluable, .progressive, .progressive, .stable])
        #expect(course.visits.map(\.measuredTargets) == [1, 1, 1, 2])
        #expect(course.visits.map(\.nadirSumMillimetres?.decimals) == ["60", "60", "60", "60"])
        let blind = try ResponseCourse(
            baseline: [target("a", "30"), target("b", nil)],
            visits: [[target("a", "90"), target("b", "90")]]
        )
        #expect(blind.baselineSumMillimetres == nil && blind.visits[0].target == .notEvaluable)
    }

    @Test(
        "the overall response is that of the table",
        arguments: [
            (.complete, .complete, false, .complete), (.complete, .nonCompleteNonProgressive, false, .partial),
            (.complete, .notEvaluable, false, .partial), (.partial, .complete, false, .partial),
            (.partial, .notEvaluable, false, .partial), (.stable, .nonCompleteNonProgressive, false, .stable),
            (.stable, .notEvaluable, false, .stable), (.notEvaluable, .complete, false, .notEvaluable),
            (.progressive, .complete, false, .progressive), (.complete, .progressive, false, .progressive),
            (.complete, .complete, true, .progressive), (.stable, nil, false, .stable),
            (.complete, nil, false, .complete),
            (nil, .complete, false, .complete), (nil, .nonCompleteNonProgressive, false, .nonCompleteNonProgressive),
            (nil, .notEvaluable, false, .notEvaluable), (nil, .progressive, false, .progressive),
            (nil, nil, false, .notEvaluable), (nil, nil, true, .progressive),
        ] as [(TumourResponse?, TumourResponse?, Bool, TumourResponse)]
    )
    func overall(target: TumourResponse?, nonTarget: TumourResponse?, hasNew: Bool, overall: TumourResponse) {
        #expect(TumourResponse.overall(target: target, nonTarget: nonTarget, hasNewLesion: hasNew) == overall)
    }

    @Test("non-target lesions, and new ones")
    func nonTargets() throws {
        let course = try ResponseCourse(
            baseline: [other("x", .nonTarget, .present), other("y", .nonTarget, .present)],
            visits: [
                [other("x", .nonTarget, .absent), other("y", .nonTarget, .present)],
                [other("x", .nonTarget, .absent), other("y", .nonTarget, .absent)], [other("x", .nonTarget, .absent)],
                [other("x", .nonTarget, .progression)],
                [other("x", .nonTarget, .absent), other("y", .nonTarget, .absent), other("z", .new, .present)],
                [other("x", .nonTarget, .absent), other("y", .nonTarget, .absent), other("z", .new, .absent)],
            ]
        )
        #expect(
            course.visits.map(\.nonTarget)
                == [.nonCompleteNonProgressive, .complete, .notEvaluable, .progressive, .complete, .complete]
        )
        #expect(
            course.visits.map(\.overall)
                == [.nonCompleteNonProgressive, .complete, .notEvaluable, .progressive, .progressive, .complete]
        )
    }

    @Test("a lesion twice at a visit that differs, and a diameter below 0, are refused; the same line again is not")
    func refused() throws {
        let (one, other) = (try target("a", "10"), try target("a", "11"))
        #expect(throws: RecordError.self) { try ResponseCourse(baseline: [one, other], visits: []) }
        #expect(
            try ResponseCourse(baseline: [one, one], visits: [[one, one]]).baselineSumMillimetres == ExactRatio(10)
        )
        let negative = try target("a", "-1")
        #expect(throws: RecordError.self) { try ResponseCourse(baseline: [negative], visits: []) }
    }

    /// CDISC's example of tumour results, with the responses that were read from it.
    @Test("all responses of the reference are found again", .enabled(reason) { SharedData.has(folder) })
    func reference() throws {
        let places = try rows("tu_onco_recist.csv").reduce(into: [String: String]()) { places, row in
            places[key(row, "TULNKID", "TUEVALID")] = row["TULOC"]
        }
        var visits: [String: [Int: [LesionAssessment]]] = [:]
        for row in try rows("tr_onco_recist.csv") {
            let isNodal = places[key(row, "TRLNKID", "TREVALID")] == "LYMPH NODE"
            let test = row["TRTESTCD"] ?? ""
            // Of a lesion both diameters stand there: the one that counts.
            guard test == "TUMSTATE" || test == (isNodal ? "LPERP" : "LDIAM") else { continue }
            let number = try #require(Int(row["VISITNUM"] ?? ""))
            let size = row["TRSTRESN"].flatMap { $0.isEmpty || $0 == "NA" ? nil : $0 }
            let assessment = LesionAssessment(
                lesion: row["TRLNKID"] ?? "",
                role: row["TRGRPID"] == "TARGET" ? .target : .nonTarget,
                isNodal: isNodal,
                diameterMillimetres: test == "TUMSTATE" ? nil : try size.map { try DecimalNumber(parsing: $0) },
                state: row["TRSTRESC"] == "ABSENT" ? .absent : .present
            )
            visits["\(row["USUBJID"] ?? "") \(row["TREVALID"] ?? "")", default: [:]][number, default: []].append(
                assessment
            )
        }
        var compared = 0
        for row in try rows("rs_onco_recist.csv") {
            let reading = try #require(visits["\(row["USUBJID"] ?? "") \(row["RSEVALID"] ?? "")"])
            let number = try #require(Int(row["VISITNUM"] ?? ""))
            let later = reading.keys.filter { $0 > 1 }.sorted()
            let course = try ResponseCourse(baseline: reading[1] ?? [], visits: later.map { reading[$0] ?? [] })
            let index = try #require(later.firstIndex(of: number))
            #expect(course.visits[index].overall.rawValue.uppercased() == row["RSSTRESC"], "\(row)")
            compared += 1
        }
        #expect(compared == 33)
    }

    private func rows(_ file: String) throws -> [[String: String]] {
        let table = try CSVTable(parsing: SharedData.bytes(Self.folder + file))
        return table.rows.map { row in
            Dictionary(uniqueKeysWithValues: zip(table.header.map(\.text), row.fields.map(\.text)))
        }
    }

    private func key(_ row: [String: String], _ lesion: String, _ assessor: String) -> String {
        "\(row["USUBJID"] ?? "") \(row[lesion] ?? "") \(row[assessor] ?? "")"
    }
}
