import ArgumentParser
import CaseModel
import CaseStore
import Schema

/// A command that decides about a course: `course hold`, `course resume` and so on.
protocol CourseDecision: StoreCommand {
    static var state: Vocabulary.OrderState { get }
    var options: CourseDecisionOptions { get }
}

/// What every command that decides about a course takes.
struct CourseDecisionOptions: ParsableArguments {
    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String
    @Option(name: .long, help: .option(.course)) var course: String?
    @Option(name: .long, help: .option(.decidedSince)) var since: String?
    @Option(name: .long, help: .option(.reason)) var reason: String?
    @Option(name: .customLong("by"), help: .option(.decidedBy)) var performer: String?
}

extension CourseDecision {
    /// The number of the state in the body of an order.
    private static var stateField: UInt32 { 4 }

    var common: CommonOptions { options.common }

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(options.caseNumber, in: clinic)
        let label = try clinic.caseNumber(record)
        let operatorRecord = try session.operatorRecord(options.writing, in: clinic)
        let courses = Courses(try clinic.states(of: record), missing: clinic.missing)
        let course = try courses.course(
            options.course,
            of: label,
            clinic.names,
            includesClosed: options.course != nil
        )
        let order = course.displayedBody(OrderBody.self).body
        try OrderRules.refuseUnlessPossible(
            Self.state,
            of: order,
            isSettled: course[Self.stateField].map { $0.settled != nil } ?? true
        )
        let today = try session.today()
        let since = try options.since.map { try Values.past($0, of: "since", today: today) } ?? PartialDate(today)
        let reason = try session.reason(options.reason)
        var status = Status()
        status.value = Vocabulary.coded(Self.state)
        status.since = since.schema
        status.reason = Text(reason)
        var body = OrderBody()
        body.state = status
        var change = try DraftChange.amend(course, body, reason: reason)
        change.performer = options.performer.map { DraftPerformer(text: $0) }
        let entry = try clinic.record(
            Recording(changes: [change], operatorRecord: operatorRecord, isDryRun: options.writing.dryRun)
        )
        session.console.line(.courseDecided(course.courseName, status.rendered.text))
        session.report(
            entry,
            correction: { _ in Self.correction(label, course.courseName) },
            in: clinic,
            [("case", .string(label)), ("course", .string(course.courseName)), ("state", status.rendered.json)]
        )
        return .success
    }

    /// What people are told to type when it was a mistake.
    private static func correction(_ label: String, _ course: String) -> String {
        let next: any CourseDecision.Type = state == .resumed ? CourseHold.self : CourseResume.self
        return "abscope course \(next._commandName) \(label) --course \"\(course)\" --reason …"
    }
}

/// `abscope course hold`.
struct CourseHold: CourseDecision {
    static let configuration = CommandConfiguration("hold", .courseHold)
    static let state = Vocabulary.OrderState.held

    @OptionGroup var options: CourseDecisionOptions
}

/// `abscope course resume`.
struct CourseResume: CourseDecision {
    static let configuration = CommandConfiguration("resume", .courseResume)
    static let state = Vocabulary.OrderState.resumed

    @OptionGroup var options: CourseDecisionOptions
}

/// `abscope course stop`.
struct CourseStop: CourseDecision {
    static let configuration = CommandConfiguration("stop", .courseStop)
    static let state = Vocabulary.OrderState.stopped

    @OptionGroup var options: CourseDecisionOptions
}

/// `abscope course complete`.
struct CourseComplete: CourseDecision {
    static let configuration = CommandConfiguration("complete", .courseComplete)
    static let state = Vocabulary.OrderState.completed

    @OptionGroup var options: CourseDecisionOptions
}
