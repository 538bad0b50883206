import CaseModel

extension MissingMessage {
    var english: String {
        switch self {
        case .behind(let count, let problem):
            "\(Self.entries(count)) of the log \(Self.be(count)) not shown. "
                + (problem ?? "`abscope view rebuild` builds the view anew.")
        case .refused(let count):
            "The view lacks \(Self.entries(count)), so this would be answered from less than is known."
        case .refusedRemedy:
            "Add --stale for a marked answer; `abscope log verify` and `abscope view rebuild` say what is missing."
        case .stale(let count): "STALE: \(Self.entries(count)) \(Self.be(count)) missing from this answer."
        case .lost(let count, let places):
            "\(Self.entries(count)) of the log \(Self.be(count)) lost and not shown: \(Self.list(places))."
        case .lostRemedy: "If a backup or a copy turns up: abscope log repair --from FOLDER."
        case .incomplete(let count, let places):
            "INCOMPLETE: \(Self.entries(count)) \(Self.be(count)) lost and missing from this answer: \(Self.list(places))."
        case .mayConcernCase(let count, let places):
            "\(Self.entries(count)) that may concern this case \(Self.be(count)) missing here: \(Self.list(places))."
        case .nextGiven(let form, let order, let count):
            "The next \(form.given) of \(order) is not certain: \(Self.entries(count)) \(Self.be(count)) missing here, and"
                + " \(form.given)s or a hold may be among them."
        case .nextGivenRemedy(let form):
            "Compare with the treatment record and say --\(form == .course ? "number" : "cycle"), or bring the entries"
                + " back: abscope log repair --from."
        }
    }

    private static func entries(_ count: UInt64) -> String { say(.entryCount(count)) }
    private static func be(_ count: UInt64) -> String { count == 1 ? "is" : "are" }
    private static func list(_ places: [String]) -> String { places.joined(separator: "; ") }
}
