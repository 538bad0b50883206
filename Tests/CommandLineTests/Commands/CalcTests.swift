import ArgumentParser
import CaseModel
import TestSupport
import Testing

@testable import abscope

/// Every golden line of the contract.
@Suite("The computations alone")
struct CalcTests {
    private func document(_ command: any Calculation) throws -> String {
        JSON.object(try command.answer().document).text
    }

    @Test(
        "doses",
        arguments: [
            (
                "8x3 --alpha-beta 10",
                "\"dosePerFractionGray\":8,\"fractions\":3,\"totalDoseGray\":24,\"alphaBetaGray\":10,\"bedGray\":43.2,"
                    + "\"eqd2Gray\":36,\"outsideLinearQuadraticRange\":false}"
            ), ("10x5 --alpha-beta 10", "\"outsideLinearQuadraticRange\":false}"),
            ("12x4 --alpha-beta 10", "\"outsideLinearQuadraticRange\":true}"),
            ("4x5 --alpha-beta 10", "\"eqd2Gray\":23.333333333333,"),
            ("2.00x30 --alpha-beta 3", "\"dosePerFractionGray\":2.00,"),
            (
                "2x30 --alpha-beta 10 --days 45 --repopulation 0.6 --kickoff 28",
                "\"elapsedDays\":45,\"repopulationGrayPerDay\":0.6,\"kickoffDays\":28,\"bedWithRepopulationGray\":61.8}"
            ),
            (
                "2x25 1.8x5 --alpha-beta 10",
                "\"phases\":[{\"dosePerFractionGray\":2,\"fractions\":25},{\"dosePerFractionGray\":1.8,\"fractions\":5}],"
                    + "\"dosePerFractionGray\":null,\"fractions\":30,\"totalDoseGray\":59,"
            ),
        ]
    )
    func dose(arguments: String, golden: String) throws {
        let document = try document(CalcDose.parse(arguments.split(separator: " ").map(String.init)))
        #expect(document.hasPrefix("{\"schema\":1,\"formula\":") && document.contains(golden), "\(document)")
    }

    @Test(
        "stages",
        arguments: [
            (
                "--edition 8 T2a N2 M0",
                "\"edition\":\"8\",\"tumour\":\"T2a\",\"nodes\":\"N2\",\"metastases\":\"M0\",\"group\":\"IIIA\",\"candidates\":[\"IIIA\"]}"
            ), ("--edition 8 T1 N0 M0", "\"group\":null,\"candidates\":[\"IA1\",\"IA2\",\"IA3\"],\"reason\":\""),
            ("--edition 8 cT2a pN2 M0", "\"tumour\":\"cT2a\",\"nodes\":\"pN2\""),
            ("--edition 8 TX N0 M0", "\"group\":\"occult carcinoma\""),
            ("--edition 5 T1 N0 M0", "\"group\":null,\"candidates\":[],\"reason\":\"no table\"}"),
        ]
    )
    func stage(arguments: String, golden: String) throws {
        let command = try CalcStage.parse(arguments.split(separator: " ").map(String.init))
        let document = try document(command)
        #expect(document.contains(golden), "\(document)")
        #expect(try command.answer().isDecided == !document.contains("\"group\":null"))
    }

    @Test(
        "windows",
        arguments: [
            ("2026-03-06", "\"day\":0,\"inside\":false,\"from\":1,\"to\":42}", true),
            ("2026-03-07", "\"day\":1,\"inside\":true,", true), ("2026-04-17", "\"day\":42,\"inside\":true,", true),
            ("2026-04-18", "\"day\":43,\"inside\":false,", true),
            ("2026-04", "\"day\":null,\"dayRange\":[26,55],\"inside\":null,", false),
            ("2026-05", "\"day\":null,\"dayRange\":[56,86],\"inside\":false,", true),
        ]
    )
    func window(on: String, golden: String, isDecided: Bool) throws {
        let command = try CalcWindow.parse(["--anchor", "2026-03-06", "--on", on, "--from", "1", "--to", "42"])
        let document = try document(command)
        #expect(document.contains(golden), "\(document)")
        #expect(try command.answer().isDecided == isDecided)
    }

    @Test(
        "schedules",
        arguments: [
            (
                "--start 2026-02-09 --fractions 30",
                "\"lastDate\":\"2026-03-26\"",
                "\"elapsedDays\":45,\"uninterruptedElapsedDays\":39,\"longestGapDays\":9,\"calendarVersion\":\"china 2026-1\","
                    + "\"calendarKnownUntil\":\"2026-12-31\",\"provisionalDates\":[],\"warnings\":[\"9 days without treatment"
            ),
            (
                "--start 2026-02-09 --fractions 30 --no-makeup-days", "\"lastDate\":\"2026-03-30\"",
                "\"elapsedDays\":49,\"uninterruptedElapsedDays\":39,\"longestGapDays\":10,"
            ),
            (
                "--start 2026-11-23 --fractions 30", "\"lastDate\":\"2027-01-01\"",
                "\"provisionalDates\":[\"2027-01-01\"],\"warnings\":[\"1 day is planned by weekday"
            ),
            (
                "--start 2026-02-15 --fractions 1", "\"firstDate\":\"2026-02-24\"",
                "\"warnings\":[\"2026-02-15 is no day of treatment"
            ),
        ]
    )
    func schedule(arguments: String, date: String, golden: String) throws {
        let command = try CalcSchedule.parse(
            arguments.split(separator: " ").map(String.init) + ["--calendar", "china"]
        )
        let document = try document(command)
        #expect(document.contains(date) && document.contains(golden), "\(document)")
    }

    @Test(
        "grades",
        arguments: [
            (
                ["--term", "Alanine aminotransferase increased", "--value", "130", "--uln", "40", "--baseline", "80"],
                "\"baseline\":\"80\",\"grade\":1,\"candidates\":[1],\"lowerBound\":false}"
            ),
            (
                ["--term", "anemia", "--value", "95", "--unit", "g/L"],
                "\"grade\":2,\"candidates\":[2],\"lowerBound\":true}"
            ),
            (
                ["--term", "Anemia", "--value", "110", "--unit", "g/L"],
                "\"grade\":null,\"candidates\":[0,1],\"lowerBound\":true,\"reason\":\""
            ),
            (
                ["--term", "Anemia", "--value", "95", "--ctcae", "6.0"],
                "\"grade\":null,\"candidates\":[],\"reason\":\"no table\"}"
            ),
        ]
    )
    func grades(arguments: [String], golden: String) throws {
        let document = try document(CalcCTCAE.parse(arguments))
        #expect(document.contains("\"schema\":1,\"ctcae\":") && document.contains(golden), "\(document)")
    }

    @Test(
        "a value in another unit than the limits is refused, and a term that is not there named",
        arguments: [
            (["--term", "Anemia", "--value", "9.5"], "g/L"),
            (["--term", "Anemia", "--value", "9.5", "--unit", "mmol/L"], "g/L"),
            (["--term", "Anaemia", "--value", "95", "--unit", "g/L"], "Did you mean \"Anemia\""),
            (["--term", "Anemia", "--value=-1", "--unit", "g/L"], "below 0"),
        ]
    )
    func noGrade(arguments: [String], sentence: String) throws {
        let error = #expect(throws: Failure.self) { try CalcCTCAE.parse(arguments).answer() }
        #expect(error?.sentence.contains(sentence) == true, "\(error?.sentence ?? "")")
    }

    @Test("drugs and bodies")
    func drugs() throws {
        let carboplatin = try document(
            CalcCarboplatin.parse(["--auc", "5", "--gfr", "140", "--gfr-method", "estimated"])
        )
        #expect(carboplatin.contains("\"doseMilligrams\":750,\"gfrUsed\":125,\"capped\":true}"), "\(carboplatin)")
        let surface = try document(CalcBodySurface.parse(["--height-cm", "170", "--weight-kg", "65"]))
        #expect(surface.contains("\"squareMetres\":1.751983") && surface.contains("mosteller"), "\(surface)")
        let clearance = try document(
            CalcCreatinineClearance.parse(
                ["--age", "60", "--weight-kg", "65", "--sex", "female", "--creatinine", "88.4umol/L"]
            )
        )
        #expect(clearance.contains("\"weightKind\":\"actual\""), "\(clearance)")
        #expect(clearance.contains("\"millilitresPerMinute\":61.388888888889}"), "\(clearance)")
    }

    @Test("every member has a label", arguments: Language.allCases)
    func labels(language: Language) {
        for field in CalcField.allCases { #expect(!field.text(in: language).isEmpty) }
    }

    @Test("responses: the baseline is the patient's first visit, whoever read it")
    func responses() throws {
        let folder = try TemporaryDirectory()
        let head = "subject,assessor,visit,visitNumber,date,lesion,role,nodal,diameterMillimetres,state\n"
        try SmallFile.write(
            Array(
                (head + "p1,A,screening,1,2026-01-05,T1,target,no,50,present\n"
                    + "p1,A,week 6,2,2026-02,T1,target,no,35,present\np1,A,week 12,3,2026-04-01,T1,target,no,,not-evaluated\n"
                    + "p1,B,week 6,2.0,2026-02,T1,target,no,35,present\n").utf8
            ),
            to: folder.path + "/lesions.csv"
        )
        let document = try document(CalcRecist.parse([folder.path + "/lesions.csv"]))
        #expect(
            document.contains("\"visit\":\"week 6\",\"visitNumber\":2,\"date\":\"2026-02\",\"target\":\"PR\""),
            "\(document)"
        )
        #expect(
            document.contains(
                "\"overall\":\"NE\",\"sumMillimetres\":0,\"baselineSum\":50,\"nadirSum\":35,\"measuredTargets\":0,\"ofTargets\":1"
            ),
            "\(document)"
        )
        #expect(
            document.contains(
                "\"assessor\":\"B\",\"visit\":\"week 6\",\"visitNumber\":2,\"date\":\"2026-02\",\"target\":null"
            )
        )
    }

    @Test("survival: codes of another table are refused and never guessed")
    func survival() throws {
        let folder = try TemporaryDirectory()
        let file = folder.path + "/patients.csv"
        try SmallFile.write(Array("time,status,sex\n10,2,f\n20,1,f\n30,2,\n".utf8), to: file)
        #expect(throws: Failure.self) {
            try CalcSurvival.parse([file, "--time", "time", "--event", "status"]).answer()
        }
        let options = [
            file, "--time", "time", "--event", "status", "--event-value", "2", "--by", "sex", "--at-days", "15",
        ]
        let document = try document(CalcSurvival.parse(options))
        #expect(
            document.contains(
                "\"strata\":[{\"stratum\":\"\",\"n\":1,\"events\":1,\"medianDays\":30,\"medianLower\":null,\"medianUpper\":null,"
                    + "\"at\":[{\"days\":15,\"survival\":1,\"atRisk\":1}]},{\"stratum\":\"f\",\"n\":2,\"events\":1,\"medianDays\":10,"
            ),
            "\(document)"
        )
        #expect(throws: RecordError.self) {
            try CalcSurvival.parse([file, "--time", "tme", "--event", "status"]).answer()
        }
        try SmallFile.write(Array("time,status\n,1\n".utf8), to: file)
        let error = #expect(throws: Failure.self) {
            try CalcSurvival.parse([file, "--time", "time", "--event", "status"]).answer()
        }
        #expect(error?.place == "line 2, column 1")
    }

    @Test("as a program: people are shown two decimals, and what is not decided ends with 1")
    func program() async throws {
        let folder = try TemporaryDirectory()
        let dose = try await ProgramRun.run("calc", "dose", "2.75x20", "--alpha-beta", "10", in: folder)
        #expect(
            dose.status == 0 && dose.output.contains("70.13") && dose.errors.isEmpty,
            "\(dose.output) \(dose.errors)"
        )
        let open = try await ProgramRun.run("calc", "stage", "--edition", "8", "T1", "N0", "M0", in: folder)
        #expect(open.status == 1 && open.output.contains("IA1, IA2, IA3"), "\(open.output)")
        let turned = try await ProgramRun.run("calc", "dose", "3x8.5", "--alpha-beta", "10", in: folder)
        #expect(turned.status == 65 && turned.errors.contains("write 8.5x3"), "\(turned.errors)")
        let half = try await ProgramRun.run("calc", "dose", "2x30", "--alpha-beta", "10", "--days", "45", in: folder)
        #expect(half.status == 65 && half.errors.contains("--kickoff"), "\(half.errors)")
        let missing = try await ProgramRun.run("calc", "dose", "2x30", in: folder)
        #expect(missing.status == 64 && missing.errors.contains("alpha-beta"), "\(missing.errors)")
    }
}
