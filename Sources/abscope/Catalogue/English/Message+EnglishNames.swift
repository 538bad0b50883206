import CaseModel
import Schema

/// Names of things, as sentences and tables say them.
extension Message {

    static func englishPositions(_ range: ClosedRange<UInt64>, _ one: String, _ several: String) -> String {
        say(.positions(from: range.lowerBound, to: range.upperBound)) + " " + (range.count == 1 ? one : several)
    }

    static func englishAbsence(_ reason: AbsenceReason) -> String {
        switch reason {
        case .unknown: "(unknown)"
        case .notAsked: "(not asked)"
        case .notDone: "(not done)"
        case .failed: "(failed)"
        case .refused: "(refused)"
        case .notApplicable: "(not applicable)"
        case .withheld: "(withheld)"
        case .erased: "(erased)"
        default: "(cleared)"
        }
    }

    func englishName(of kind: RecordKind) -> String {
        switch kind {
        case .person: "person"
        case .case: "case"
        case .result: "result"
        case .statement: "statement"
        case .order: "order"
        case .given: "given"
        case .event: "event"
        case .lesion: "lesion"
        case .protocol: "protocol"
        case .ruleSet: "rule set"
        case .assessment: "assessment"
        case .erasure: "erasure"
        case .operator: "operator"
        case .roster: "roster"
        case .epoch: "epoch"
        case .branch: "history of a forked feed"
        default: String(describing: kind)
        }
    }

    /// The registry's names are English words already.
    func englishName(ofField name: String) -> String {
        name.split(separator: "_").joined(separator: " ")
    }

    func englishName(of action: RecordAction) -> String {
        switch action {
        case .create: "new"
        case .amend: "amended"
        case .retract: "retracted"
        }
    }

    /// `1 day`, `20 days`.
    static func days(_ count: Int64) -> String { count == 1 ? "1 day" : "\(count) days" }

    static func englishKind(_ kind: TodayLine.Kind) -> String {
        switch kind {
        case .seriousEvent: "serious event"
        case .conflict: "conflict"
        case .pending: "waiting"
        case .overdueFraction, .overdueDose: "overdue"
        case .dueFraction, .dueDose: "due"
        case .held: "held"
        case .suggestion: "suggested"
        case .upcomingDose: "upcoming"
        case .finding: "finding"
        }
    }
}
