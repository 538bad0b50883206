import ArgumentParser
import CaseModel
import LogFormat

/// `abscope today`.
struct TodayCommand: StoreCommand {
    static let configuration = CommandConfiguration("today", .today)

    @OptionGroup var common: CommonOptions
    @Option(name: .long, help: .option(.todayOn)) var on: String?
    @Flag(name: .long, help: .option(.stale)) var stale = false
    @Option(name: .long, help: .option(.staleHours)) var staleHours: String?
    @Option(name: .long, help: .option(.aheadDays)) var days: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let today = try session.today()
        let day = try Values.day(on, of: "on", today: today)
        let hours = try staleHours.map { try Values.wholeNumber($0, of: "stale-hours", in: 1...8760) } ?? 24
        let ahead = try days.map { try Values.wholeNumber($0, of: "days", in: 0...365) } ?? 3
        let missing = try clinic.missingEntries(isStaleGood: stale)
        // Without the file the ages of the newest entries stand, which are never too young.
        let heard = try session.heardAges()
        let lines = try clinic.today(
            on: day,
            staleAfterSeconds: UInt64(hours) * 3600,
            aheadDays: Int64(ahead),
            heard: heard
        )
        if missing > 0 { session.console.line(.missing(.stale(missing))) }
        let lost = clinic.lostEntries
        if lost > 0 { session.console.line(.missing(.incomplete(lost, clinic.lostPlaces))) }
        if !lines.isEmpty { session.console.line(.todayHead(String(describing: day))) }
        var table = Table([.init(.caseNumber), .init(.kind), .init(Term.subject), .init(.detail), .init(.reference)])
        var rows: [JSON] = []
        for line in lines {
            let number = try clinic.caseNumber(line.caseRecord)
            table.add([
                number, say(.todayKind(line.kind)), line.subject, detail(of: line, clinic.names),
                clinic.names.reference(line.record),
            ])
            rows.append(json(line, number, clinic.names))
        }
        session.console.table(table, orElse: .nothingToday(String(describing: day)))
        if lines.contains(where: \.isProvisional) { session.console.line(.provisionalDays) }
        session.console.json(
            [("day", .string(String(describing: day))), ("stale", .bool(missing > 0))]
                + clinic.missingMembers(clinic.missing) + [("lines", .array(rows))]
        )
        let needsSomebody = lines.contains { $0.kind.needsSomebody || !$0.confirmWith.isEmpty }
        return needsSomebody || missing > 0 ? .findings : .success
    }

    private func detail(of line: TodayLine, _ names: RecordNames) -> String {
        var parts: [String] = []
        if let days = line.days { parts.append(say(line.kind == .upcomingDose ? .dueIn(days) : .overdueBy(days))) }
        if !line.confirmWith.isEmpty { parts.append(say(.todayConfirm(line.confirmWith.map(names.site)))) }
        if !line.waitingFor.isEmpty { parts.append(say(.waitingFor(line.waitingFor.map(names.site)))) }
        for age in line.restsOn {
            let site = names.site(age.site)
            parts.append(
                age.heardSecondsAgo.map {
                    say(.todayHeard(site: site, age: Quantities.duration(seconds: Int64(clamping: $0))))
                } ?? say(.neverHeard(site))
            )
        }
        if let remedy = line.finding?.remedy { parts.append(remedy) }
        if let suggestion = line.suggestion { parts.append(say(.setting(.suggested(suggestion)))) }
        return parts.joined(separator: "; ")
    }

    private func json(_ line: TodayLine, _ number: String, _ names: RecordNames) -> JSON {
        let ages = line.restsOn.map { age in
            JSON.object([("site", .string(names.site(age.site))), ("heard_seconds_ago", JSON(age.heardSecondsAgo))])
        }
        var members: [(String, JSON)] = [
            ("case", .string(number)), ("kind", .string(line.kind.name)), ("subject", .string(line.subject)),
            ("reference", .string(names.reference(line.record))),
            ("overdue_days", JSON(line.kind == .upcomingDose ? nil : line.days)),
            ("due_in_days", JSON(line.kind == .upcomingDose ? line.days : nil)),
            ("rests_on", .array(ages)), ("confirm_with", .array(line.confirmWith.map { .string(names.site($0)) })),
            ("waiting_for", .array(line.waitingFor.map { .string(names.site($0)) })),
            ("provisional", .bool(line.isProvisional)),
        ]
        if let finding = line.finding { members.append(("finding", finding.json(names))) }
        if let suggestion = line.suggestion { members.append(("suggestion", suggestion.json(names))) }
        return .object(members)
    }
}

extension TodayLine.Kind {
    /// Whether somebody has to do more than the day's work.
    fileprivate var needsSomebody: Bool {
        switch self {
        case .dueFraction, .dueDose, .upcomingDose, .held: false
        case .seriousEvent, .suggestion, .conflict, .pending, .overdueFraction, .overdueDose, .finding: true
        }
    }

    /// As in JSON.
    var name: String {
        switch self {
        case .seriousEvent: "serious_event"
        case .suggestion: "suggestion"
        case .conflict: "conflict"
        case .pending: "pending"
        case .overdueFraction: "overdue_fraction"
        case .overdueDose: "overdue_dose"
        case .dueFraction: "due_fraction"
        case .dueDose: "due_dose"
        case .held: "held"
        case .upcomingDose: "upcoming_dose"
        case .finding: "finding"
        }
    }
}
