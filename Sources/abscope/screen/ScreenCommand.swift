import ArgumentParser
import CaseModel
import LogFormat

/// `abscope screen`.
struct ScreenCommand: StoreCommand {
    static let configuration = CommandConfiguration("screen", .screen)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String
    @Argument(help: .option(.settingName)) var name: String
    @Option(name: .customLong("on"), help: .option(.screenOn)) var on: String?
    @Flag(name: .long, help: .option(.stale)) var stale = false

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(caseNumber, in: clinic)
        let number = try clinic.caseNumber(record)
        let behind = try clinic.missingEntries(isStaleGood: stale)
        let item = try clinic.settings().item(name, of: .protocol)
        guard let trial = TrialProtocol(item.setting) else {
            throw Failure(.noInput, .setting(.unknown(name, [])))
        }
        let day = try Values.day(on, of: "on", today: try session.today())
        let states = try clinic.states(of: record)
        let facts = CaseFacts(states, person: try clinic.person(of: record), on: day, missing: clinic.missing)
        let screening = Screening(trial, of: facts, isConfirmed: item.approval != nil)
        let ages = try clinic.siteAges(of: record, heard: try session.heardAges())
        let missing = clinic.missing(for: states.first { $0.id == record })
        let basis = clinic.basis
        show(screening, of: trial, item, number, day, on: session.console, clinic.names)
        for age in ages {
            session.console.line(
                age.heardSecondsAgo.map {
                    .todayHeard(
                        site: clinic.names.site(age.site),
                        age: Quantities.duration(seconds: Int64(clamping: $0))
                    )
                } ?? .neverHeard(clinic.names.site(age.site))
            )
        }
        clinic.tell(missing, on: session.console)
        session.console.line(.setting(.restsOn(basis, Abscope.program)))
        session.console.json(
            [("case", .string(number)), ("on", .string(String(describing: day)))] + item.members(clinic.names) + [
                ("result", .string(screening.result.rawValue)), ("frontier", .string(basis)),
                ("program", .string(Abscope.program)),
            ] + clinic.missingMembers(missing) + members(screening, trial, ages, clinic.names)
        )
        let isGood = screening.result == .eligible || screening.result == .noRuleFailed
        return isGood && missing.isEmpty && behind == 0 ? .success : .findings
    }

    private func show(
        _ screening: Screening,
        of trial: TrialProtocol,
        _ item: SettingShelf.Item,
        _ number: String,
        _ day: CivilDay,
        on console: Console,
        _ names: RecordNames
    ) {
        console.line(.setting(.screened(number, String(describing: day), trial.title)))
        console.line(.setting(.head(item.setting.name, item.setting.version, item.setting.digest)))
        console.line(item.standing.safeForTerminal)
        console.line()
        // What it rests on stands under each rule: beside it, it would be cut.
        var table = Table([.init(.rule), .init(Term.outcome), .init(.what)])
        for line in screening.lines {
            let note = line.note.map { $0 == line.because ? "" : "; \($0)" } ?? ""
            let outcome = line.note == nil ? line.outcome.rawValue : line.outcome.rawValue + "*"
            table.add([line.rule.id, outcome, line.rule.text])
            table.add(["", "", line.because + note])
        }
        console.table(table, orElse: .setting(.none))
        let ambiguities = screening.ambiguities(of: trial)
        if !ambiguities.isEmpty {
            console.line()
            for ambiguity in ambiguities { console.line(.setting(.ambiguity(ambiguity))) }
        }
        console.line()
        let failed = screening.lines.filter { $0.outcome == .fail && $0.rule.group != .treatment }.map(\.rule.id)
        let unknown = screening.lines.filter { $0.outcome == .unknown && $0.rule.group != .treatment }.map(\.rule.id)
        console.line(.setting(.result(screening.result, failed: failed, unknown: unknown)))
    }

    private func members(
        _ screening: Screening,
        _ trial: TrialProtocol,
        _ ages: [SiteAge],
        _ names: RecordNames
    ) -> [(String, JSON)] {
        [
            (
                "rests_on",
                .array(
                    ages.map { age in
                        .object([
                            ("site", .string(names.site(age.site))), ("heard_seconds_ago", JSON(age.heardSecondsAgo)),
                        ])
                    }
                )
            ),
            (
                "rules",
                .array(
                    screening.lines.map { line in
                        .object([
                            ("rule", .string(line.rule.id)), ("group", .string(line.rule.group.rawValue)),
                            ("bullet", JSON(line.rule.bullet)), ("text", .string(line.rule.text)),
                            ("outcome", .string(line.outcome.rawValue)), ("because", .string(line.because)),
                            ("note", JSON(line.note)),
                            ("records", .array(line.records.map { .string(names.reference($0)) })),
                            ("ambiguities", .array(line.rule.ambiguities.map(JSON.string))),
                        ])
                    }
                )
            ),
            (
                "defaults",
                .array(
                    screening.ambiguities(of: trial).map {
                        .object([("id", .string($0.id)), ("text", .string($0.text)), ("taken", .string($0.taken))])
                    }
                )
            ),
        ]
    }
}
