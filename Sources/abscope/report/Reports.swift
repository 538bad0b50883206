import ArgumentParser
import CaseModel

/// `abscope report counts`.
struct ReportCounts: ReportingCommand {
    static let configuration = CommandConfiguration("counts", .reportCounts)

    @OptionGroup var common: CommonOptions
    @Option(name: .long, help: .option(.reportBy)) var by: String?
    @Flag(name: .long, help: .option(.stale)) var stale = false

    func count(_ field: ReportField?, in session: Session, _ clinic: Clinic) -> CaseCount { CaseCount(by: field) }
}

/// `abscope report response`.
struct ReportResponse: ReportingCommand {
    static let configuration = CommandConfiguration("response", .reportResponse)

    @OptionGroup var common: CommonOptions
    @Option(name: .long, help: .option(.reportBy)) var by: String?
    @Option(name: .long, help: .option(.reportAssessor)) var assessor: String?
    @Flag(name: .long, help: .option(.stale)) var stale = false

    func count(_ field: ReportField?, in session: Session, _ clinic: Clinic) -> ResponseCount {
        ResponseCount(by: field, assessor: assessor)
    }
}

/// `abscope report toxicity`.
struct ReportToxicity: ReportingCommand {
    static let configuration = CommandConfiguration("toxicity", .reportToxicity)

    @OptionGroup var common: CommonOptions
    @Option(name: .long, help: .option(.reportBy)) var by: String?
    @Option(name: .long, help: .option(.reportGrade)) var grade: String?
    @Flag(name: .long, help: .option(.stale)) var stale = false

    func count(_ field: ReportField?, in session: Session, _ clinic: Clinic) throws -> ToxicityCount {
        let least = try grade.map { try Values.wholeNumber($0, of: "grade", in: 1...5) } ?? 3
        return ToxicityCount(by: field, grade: UInt32(least))
    }
}

/// `abscope report screening`.
struct ReportScreening: ReportingCommand {
    static let configuration = CommandConfiguration("screening", .reportScreening)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.settingName)) var name: String
    @Option(name: .customLong("on"), help: .option(.screenOn)) var on: String?
    @Flag(name: .long, help: .option(.stale)) var stale = false
    var by: String? { nil }

    func count(_ field: ReportField?, in session: Session, _ clinic: Clinic) throws -> ScreeningCount {
        let item = try clinic.settings().item(name, of: .protocol)
        guard let trial = TrialProtocol(item.setting) else { throw Failure(.noInput, .setting(.unknown(name, []))) }
        let day = try Values.day(on, of: "on", today: try session.today())
        session.console.line(.setting(.head(item.setting.name, item.setting.version, item.setting.digest)))
        session.console.line(item.standing.safeForTerminal)
        return ScreeningCount(trial, isConfirmed: item.approval != nil, on: day)
    }
}

/// `abscope report survival`.
struct ReportSurvival: ReportingCommand {
    static let configuration = CommandConfiguration("survival", .reportSurvival)

    @OptionGroup var common: CommonOptions
    @Option(name: .long, help: .option(.reportBy)) var by: String?
    @Option(name: .customLong("from"), help: .option(.survivalFrom)) var start: String?
    @Flag(name: .long, help: .option(.stale)) var stale = false

    func count(_ field: ReportField?, in session: Session, _ clinic: Clinic) throws -> SurvivalCount {
        SurvivalCount(by: field, from: try start.map { try Values.choice($0, of: "from") } ?? .diagnosis)
    }
}
