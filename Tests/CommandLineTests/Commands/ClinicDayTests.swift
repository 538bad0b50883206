import TestSupport
import Testing

@testable import abscope

/// A clinic's day, step by step, through the built program.
@Suite("A day at a clinic")
struct ClinicDayTests {
    private let clinic: ProgramClinic
    private let number: String

    init() async throws {
        clinic = try await ProgramClinic()
        try await clinic.must("operator", "add", input: "name: 王丽\n")
        number = try await clinic.addCase("name: 陈大文\u{1B}[31m\nbirth-date: 1958-03-05\n", "--stage", "IIIA")
    }

    private func run(_ arguments: String..., input: String = "") async throws -> ProgramRun {
        try await clinic.run(arguments, input: input)
    }

    private func prescribe(_ name: String = "thorax") async throws {
        let run = try await run(
            "course",
            "add",
            number,
            "--name",
            name,
            "--site",
            "lung",
            "--laterality",
            "right",
            "--dose-per-fraction",
            "2.00 Gy",
            "--fractions",
            "30",
            "--first",
            "2026-01-05"
        )
        try #require(run.status == 0, "\(run.errors)")
        #expect(run.output.contains("30 × 2.00 Gy = 60.00 Gy"))
    }

    @Test("a course over a holiday is proposed with its days and a warning, unless it is not meant to cure")
    func overHoliday() async throws {
        func add(_ options: String...) async throws -> ProgramRun {
            let course = [
                "course", "add", number, "--name", "c\(options.count)", "--site", "lung", "--laterality", "right",
                "--dose-per-fraction", "2 Gy", "--fractions", "30", "--first", "2026-02-09",
            ]
            return try await clinic.run(course + options)
        }
        let unexplained = try await add("--calendar", "china")
        #expect(unexplained.status == 64 && unexplained.errors.contains("reason"), "\(unexplained.errors)")
        let warned = try await add("--calendar", "china", "--reason", "machine is free then")
        #expect(warned.output.contains("Proposed: 2026-02-09 to 2026-03-26, 45 days; without holidays 39 days."))
        #expect(warned.errors.contains("WARNING: 9 days without treatment after 2026-02-14"), "\(warned.errors)")
        let palliative = try await add("--calendar", "china", "--intent", "palliative")
        #expect(palliative.status == 0 && !palliative.errors.contains("WARNING"), "\(palliative.errors)")
        let weekdays = try await add()
        #expect(weekdays.output.contains("39 days.") && !weekdays.errors.contains("WARNING"), "\(weekdays.output)")
        #expect(try await add("--calendar", "mars", "--dry-run").status == 65)
    }

    @Test("course, fractions, a missed one and an event: every write names its reference and its correction")
    func wholeDay() async throws {
        try await prescribe()
        for arguments in [
            ["fraction", "give", number, "--date", "2026-01-05"], ["fraction", "give", number, "--date", "2026-01-06"],
            ["fraction", "miss", number, "--date", "2026-01-07", "--reason", "machine"],
            [
                "ae", "add", number, "--term", "pneumonitis", "--grade", "3", "--serious", "yes", "--start",
                "2026-01-07",
            ],
            ["case", "amend", number, "--stage", "IIIB", "--reason", "review"],
        ] {
            let written = try await clinic.run(arguments)
            #expect(written.status == 0, "\(arguments): \(written.errors)")
            #expect(written.output.contains("Recorded: GY."))
            #expect(written.output.contains("To correct it: abscope "))
        }
        let list = try await run("fraction", "list", number)
        #expect(list.output.contains("2026-01-06  given"))
        #expect(list.output.contains("2026-01-07  not given"))
        #expect(try await run("course", "show", number).output.contains("2/30"))
        #expect(try await run("case", "show", number).output.contains("IIIB"))
        let history = try await run("case", "history", number)
        #expect(history.output.contains("IIIA") && history.output.contains("IIIB"))
        #expect(try await run("case", "timeline", number).output.contains("pneumonitis, grade 3"))
        let today = try await run("today")
        #expect(today.status == ExitStatus.findings.rawValue)
        #expect(today.output.contains("serious event"))
    }

    @Test("a second fraction on a day is refused unless it is meant")
    func secondFraction() async throws {
        try await prescribe()
        #expect(try await run("fraction", "give", number, "--date", "2026-01-05").status == 0)
        let again = try await run("fraction", "give", number, "--date", "2026-01-05")
        #expect(again.status == ExitStatus.dataError.rawValue)
        #expect(again.errors.contains("--bid") && again.errors.contains("--extra"))
        #expect(try await run("fraction", "give", number, "--date", "2026-01-05", "--bid").status == 0)
        #expect(try await run("fraction", "give", number, "--bid", "--extra").status == ExitStatus.usage.rawValue)
        let extra = try await run("fraction", "give", number, "--date", "2026-01-06", "--extra")
        #expect(extra.status == 0 && !extra.errors.contains("Fraction 3"), "a fraction beyond the plan takes no number")
        let next = try await run("fraction", "give", number, "--date", "2026-01-07")
        #expect(next.status == 0 && next.errors.contains("Fraction 3 of"), "\(next.errors)")
    }

    @Test("a dose that looks like another unit is recorded only when it is said to be right")
    func unusualDose() async throws {
        try await prescribe()
        let refused = try await run("fraction", "give", number, "--dose", "180 Gy")
        #expect(refused.errors.contains("180 cGy") && refused.errors.contains("--unusual-dose"))
        #expect(try await run("fraction", "give", number, "--dose", "180 Gy", "--unusual-dose").status == 0)
        #expect(try await run("today").output.contains("180 Gy per fraction"))
        #expect(
            try await run("fraction", "give", number, "--date", "2026-01-06", "--dose", "20 cGy", "--partial").status
                == 0
        )
    }

    @Test("in a pipe two open courses need --course")
    func severalCourses() async throws {
        try await prescribe()
        try await prescribe("vertebra")
        let run = try await run("fraction", "give", number)
        #expect(run.status == ExitStatus.usage.rawValue)
        #expect(run.errors.contains("--course") && run.errors.contains("vertebra"))
        #expect(try await self.run("fraction", "give", number, "--course", "vert").status == 0)
    }

    @Test(
        "bad values are refused with a sentence, and nothing is recorded",
        arguments: [
            ["fraction", "give", "#", "--date", "2026-02-30"], ["fraction", "give", "#", "--date", "03/05/2024"],
            ["fraction", "give", "#", "--dose", "2"], ["fraction", "give", "#", "--dose", "2 gray"],
            ["fraction", "give", "#", "--dose", "180 Gy"], ["fraction", "give", "#", "--dose", "2 cGy"],
            ["fraction", "give", "#", "--dose", "180 Gy", "--extra"],
            [
                "course", "add", "#", "--name", "x", "--site", "bone", "--fractions", "30", "--dose-per-fraction",
                "200 Gy",
            ],
            [
                "course", "add", "#", "--name", "x", "--site", "lung", "--fractions", "30", "--dose-per-fraction",
                "2 Gy",
            ],
            ["ae", "add", "#", "--term", "x", "--grade", "7", "--serious", "no"],
            ["ae", "add", "#", "--term", "x", "--grade", "2", "--serious", "perhaps"],
            ["case", "amend", "#", "--birth-year", "58", "--reason", "x"],
            ["case", "list", "--limit", "0"], ["case", "list", "--limit=-1"], ["case", "find", "--limit", "many"],
        ]
    )
    func badValues(arguments: [String]) async throws {
        try await prescribe()
        let before = try await run("log", "stats", "--json").output
        let refused = try await clinic.run(arguments.map { $0 == "#" ? number : $0 })
        #expect(refused.status == ExitStatus.dataError.rawValue, "\(refused.errors)")
        #expect(refused.errors.hasPrefix("abscope: ") && !refused.errors.contains("Error("))
        #expect(try await run("log", "stats", "--json").output == before)
    }

    @Test("a wrong check character is named, and an unknown case is not found")
    func caseNumbers() async throws {
        let last = number.last.map { $0 == "A" ? "B" : "A" } ?? ""
        let wrong = try await run("case", "show", number.dropLast() + last)
        #expect(wrong.status == ExitStatus.dataError.rawValue)
        #expect(wrong.errors.contains("last letter does not fit"))
        #expect(try await run("case", "show", "nonsense").status == ExitStatus.dataError.rawValue)
    }

    @Test("a typing error in a case number is answered with the case it may be, and with no number that is not here")
    func slips() async throws {
        for wrong in [number.lowercased().replacing("y-", with: "-y"), number.replacing("-", with: ""), "X" + number] {
            let refused = try await run("case", "show", wrong)
            #expect(refused.status == ExitStatus.dataError.rawValue)
            #expect(refused.errors.contains("Did you mean \(number)?"), "\(wrong): \(refused.errors)")
        }
        let elsewhere = try await run("case", "show", "GY-990000A")
        #expect(elsewhere.status == ExitStatus.dataError.rawValue || elsewhere.status == ExitStatus.noInput.rawValue)
        #expect(!elsewhere.errors.contains("Did you mean"), "\(elsewhere.errors)")
    }

    @Test(
        "what a write says corrects it is a command that does, and another noun's command refuses it and names the right"
    )
    func retractEverything() async throws {
        let nouns = ["operator", "course", "fraction", "ae"]
        let writes = [
            ["operator", "add"],
            [
                "course", "add", number, "--name", "x", "--site", "bone", "--fractions", "5", "--dose-per-fraction",
                "4 Gy",
            ],
            ["fraction", "give", number, "--date", "2026-01-05"],
            ["ae", "add", number, "--term", "cough", "--grade", "1", "--serious", "no"],
        ]
        func run(_ arguments: [String], input: String = "") async throws -> ProgramRun {
            try await clinic.run(arguments, input: input, environment: ["ABSCOPE_OPERATOR": "王丽"])
        }
        var corrections: [[String]] = []
        for (noun, write) in zip(nouns, writes) {
            let written = try await run(write, input: "name: Zhao\n")
            #expect(written.status == 0, "\(write): \(written.errors)")
            let line = try #require(written.output.split(separator: "\n").first { $0.contains("abscope ") })
            let command = try #require(line.split(separator: ": abscope ").last).split(separator: " ").map(String.init)
            #expect(command.dropLast() == [noun, "retract", command[2], "--reason"], "\(line)")
            corrections.append(command.dropLast() + ["mistake"])
        }
        for (noun, correction) in zip(nouns, corrections).reversed() {
            for other in nouns where other != noun {
                let refused = try await run([other] + correction.dropFirst())
                #expect(refused.status == ExitStatus.dataError.rawValue, "\(other) \(correction)")
                #expect(refused.errors.contains("abscope \(noun) retract \(correction[2])"), "\(refused.errors)")
            }
            let done = try await run(correction)
            #expect(done.status == 0, "\(correction): \(done.errors)")
        }
        let aCase = try await run(["fraction", "retract", number, "--reason", "x"])
        #expect(aCase.errors.contains("abscope case retract \(number)"), "\(aCase.errors)")
        #expect(try await run(["case"] + corrections[0].dropFirst()).errors.contains("abscope operator retract"))
        #expect(try await run(["case", "retract", number, "--reason", "x"]).status == 0)
    }

    @Test("an escape sequence in a name never reaches the terminal raw")
    func escapes() async throws {
        let list = try await run("case", "list")
        #expect(list.output.contains("陈大文\\u{1B}[31m"))
        let json = try await run("case", "show", number, "--json")
        for run in [list, json, try await run("case", "show", number), try await run("case", "history", number)] {
            #expect(!run.output.contains("\u{1B}"))
        }
        #expect(JSONCheck.isValid(json.output.trimmed))
    }

    @Test("every listing is one JSON document that parses")
    func json() async throws {
        try await prescribe()
        _ = try await run("fraction", "give", number, "--date", "2026-01-05")
        _ = try await run("ae", "add", number, "--term", "x", "--grade", "1", "--serious", "no")
        for arguments in [
            ["case", "list"], ["case", "show", number], ["case", "history", number], ["case", "timeline", number],
            ["course", "show", number], ["fraction", "list", number], ["ae", "list"], ["today"], ["conflicts", "list"],
            ["operator", "list"], ["log", "stats"], ["log", "verify"], ["view", "rebuild"],
        ] {
            let run = try await clinic.run(arguments + ["--json"])
            #expect(run.status == 0 || run.status == 1, "\(arguments): \(run.errors)")
            #expect(JSONCheck.isValid(run.output.trimmed), "\(arguments): \(run.output)")
        }
    }

    @Test("a dry run checks and records nothing")
    func dryRun() async throws {
        let before = try await run("log", "stats", "--json").output
        #expect(try await run("case", "add", "--dry-run", input: "name: x\n").status == 0)
        #expect(try await run("operator", "add", "--dry-run", input: "name: x\n").status == 0)
        #expect(try await run("case", "amend", number, "--stage", "IV", "--reason", "x", "--dry-run").status == 0)
        #expect(try await run("log", "stats", "--json").output == before)
    }

    @Test("missing values, unknown keys and bad UTF-8 on standard input are named")
    func standardInput() async throws {
        let missing = try await run("case", "add")
        #expect(missing.status == ExitStatus.usage.rawValue && missing.errors.contains("name"))
        let unknown = try await run("case", "add", input: "name: a\nhistolgy: b\n")
        #expect(unknown.status == ExitStatus.dataError.rawValue && unknown.errors.contains("line 2"))
        for input in ["name: a\nbirth-date: 05.03.1958\n", "name: a\nbirth-date: 195803051\n", "name: a\n陈大文1958: x\n"]
        {
            for arguments in [["case", "add"], ["case", "add", "--json"]] {
                let refused = try await clinic.run(arguments, input: input)
                #expect(refused.status == ExitStatus.dataError.rawValue)
                #expect(refused.errors.contains("birth-date") || refused.errors.contains("line 2"))
                #expect(!refused.errors.contains("1958") && !refused.errors.contains("陈"), "not quoted")
            }
        }
        let noReason = try await run("case", "amend", number, "--stage", "IV")
        #expect(noReason.status == ExitStatus.usage.rawValue && noReason.errors.contains("reason"))
    }

    @Test("the operator has to be known, and to be said when there are several")
    func operators() async throws {
        _ = try await run("operator", "add", input: "name: Zhao\n")
        let several = try await run("case", "add", input: "name: x\n")
        #expect(several.status == ExitStatus.configuration.rawValue)
        let unknown = try await run("case", "add", "--operator", "Nobody", input: "name: x\n")
        #expect(unknown.status == ExitStatus.usage.rawValue && unknown.errors.contains("Zhao"))
        #expect(try await run("case", "add", "--operator", "zhao", input: "name: x\n").status == 0)
    }

    @Test("a case is found by part of its name and by full-width forms, and only from standard input")
    func find() async throws {
        #expect(try await run("case", "find", input: "大文\n").output.contains(number))
        #expect(try await run("case", "find", input: "nobody\n").output.contains("No case fits"))
        #expect(try await run("case", "find", "大文").status == ExitStatus.usage.rawValue)
    }

    @Test("what is retracted leaves the list and stays in the history; records that refer to it are named")
    func retract() async throws {
        try await prescribe()
        let done = try await run("case", "retract", number, "--reason", "entered twice")
        #expect(done.status == 0, "\(done.errors)")
        #expect(done.errors.contains("keep their facts"))
        #expect(try await run("case", "list").output.contains("No cases"))
        #expect(try await run("case", "list", "--retracted").output.contains(number))
        #expect(try await run("case", "history", number).output.contains("entered twice"))
        #expect(try await run("case", "retract", number, "--reason", "again").status == ExitStatus.dataError.rawValue)
        let amended = try await run("case", "amend", number, "--stage", "IVA", "--reason", "too late")
        #expect(amended.status == ExitStatus.dataError.rawValue && amended.errors.contains("was retracted"))
        #expect(try await run("case", "list").output.contains("No cases"))
    }

    @Test("a part of a stage or a diagnosis is corrected by itself, and the rest stays")
    func partOfStage() async throws {
        try await clinic.must(
            "case",
            "amend",
            number,
            "--t",
            "2a",
            "--n",
            "2",
            "--m",
            "0",
            "--edition",
            "8",
            "--reason",
            "board"
        )
        try await clinic.must("case", "amend", number, "--n", "3", "--reason", "EBUS")
        let shown = try await clinic.must("case", "show", number)
        #expect(shown.contains("IIIA, T2aN3M0, TNM edition 8"), "\(shown)")
        try await clinic.must(["case", "amend", number, "--histology", "adenocarcinoma", "--reason", "biopsy"])
        try await clinic.must(["case", "amend", number, "--diagnosis-method", "histology", "--reason", "letter"])
        #expect(try await clinic.must("case", "show", number).contains("adenocarcinoma, histology"))
    }
}
