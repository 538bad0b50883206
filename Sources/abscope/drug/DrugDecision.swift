import ArgumentParser
import CaseModel

/// A command that decides about the doses of a drug.
protocol DrugDecision: OrderDecision {
    var drug: String? { get }
}

extension DrugDecision {
    static var form: OrderForm { .drug }
    var order: String? { drug }
}

/// `abscope drug hold`.
struct DrugHold: DrugDecision {
    static let configuration = CommandConfiguration("hold", .drugHold)
    static let state = Vocabulary.OrderState.held

    @OptionGroup var options: OrderDecisionOptions
    @Option(name: .long, help: .option(.drug)) var drug: String?
}

/// `abscope drug resume`.
struct DrugResume: DrugDecision {
    static let configuration = CommandConfiguration("resume", .drugResume)
    static let state = Vocabulary.OrderState.resumed

    @OptionGroup var options: OrderDecisionOptions
    @Option(name: .long, help: .option(.drug)) var drug: String?
}

/// `abscope drug stop`.
struct DrugStop: DrugDecision {
    static let configuration = CommandConfiguration("stop", .drugStop)
    static let state = Vocabulary.OrderState.stopped

    @OptionGroup var options: OrderDecisionOptions
    @Option(name: .long, help: .option(.drug)) var drug: String?
}

/// `abscope drug complete`.
struct DrugComplete: DrugDecision {
    static let configuration = CommandConfiguration("complete", .drugComplete)
    static let state = Vocabulary.OrderState.completed

    @OptionGroup var options: OrderDecisionOptions
    @Option(name: .long, help: .option(.drug)) var drug: String?
}
