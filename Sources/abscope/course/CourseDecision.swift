import ArgumentParser
import CaseModel

/// A command that decides about a course.
protocol CourseDecision: OrderDecision {
    var course: String? { get }
}

extension CourseDecision {
    static var form: OrderForm { .course }
    var order: String? { course }
}

/// `abscope course hold`.
struct CourseHold: CourseDecision {
    static let configuration = CommandConfiguration("hold", .courseHold)
    static let state = Vocabulary.OrderState.held

    @OptionGroup var options: OrderDecisionOptions
    @Option(name: .long, help: .option(.course)) var course: String?
}

/// `abscope course resume`.
struct CourseResume: CourseDecision {
    static let configuration = CommandConfiguration("resume", .courseResume)
    static let state = Vocabulary.OrderState.resumed

    @OptionGroup var options: OrderDecisionOptions
    @Option(name: .long, help: .option(.course)) var course: String?
}

/// `abscope course stop`.
struct CourseStop: CourseDecision {
    static let configuration = CommandConfiguration("stop", .courseStop)
    static let state = Vocabulary.OrderState.stopped

    @OptionGroup var options: OrderDecisionOptions
    @Option(name: .long, help: .option(.course)) var course: String?
}

/// `abscope course complete`.
struct CourseComplete: CourseDecision {
    static let configuration = CommandConfiguration("complete", .courseComplete)
    static let state = Vocabulary.OrderState.completed

    @OptionGroup var options: OrderDecisionOptions
    @Option(name: .long, help: .option(.course)) var course: String?
}
