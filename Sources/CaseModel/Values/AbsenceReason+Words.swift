package import Schema

extension AbsenceReason {
    /// The reason that words name: `not done`, `not tested`, `failed`. Absence is stated: `negative` and `none` are values.
    ///
    /// - Returns: nil for anything else.
    package init?(words: String) {
        let typed = TypedText.folded(words).lowercased().split(whereSeparator: { " -_".contains($0) })
        switch typed.joined(separator: " ") {
        case "unknown": self = .unknown
        case "not asked": self = .notAsked
        case "not done", "not tested", "not assessed", "not measured": self = .notDone
        case "failed": self = .failed
        case "refused": self = .refused
        case "not applicable", "n/a": self = .notApplicable
        case "withheld": self = .withheld
        default: return nil
        }
    }
}
