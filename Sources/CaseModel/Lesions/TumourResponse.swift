/// What an assessment of lesions comes to by RECIST 1.1. Eisenhauer, Eur J Cancer 2009; 45:228.
package enum TumourResponse: String, Hashable, Sendable, CaseIterable {
    case complete = "CR"
    case partial = "PR"
    case stable = "SD"
    case progressive = "PD"
    /// Non-target lesions persist, and none has clearly grown.
    case nonCompleteNonProgressive = "Non-CR/Non-PD"
    case notEvaluable = "NE"
}

extension TumourResponse {
    /// The overall response, by the table of the criteria.
    ///
    /// - Parameters:
    ///   - target: nil without target lesions at baseline.
    ///   - nonTarget: nil without non-target lesions at baseline.
    ///   - hasNewLesion: Whether one was seen.
    /// - Returns: Not evaluable also where there was no lesion at baseline and none came.
    package static func overall(
        target: TumourResponse?,
        nonTarget: TumourResponse?,
        hasNewLesion: Bool
    ) -> TumourResponse {
        if hasNewLesion || target == .progressive || nonTarget == .progressive { return .progressive }
        return switch (target, nonTarget) {
        // No lesion at all at baseline, and none since: nothing responds.
        case (nil, let nonTarget): nonTarget ?? .notEvaluable
        case (.complete?, .nonCompleteNonProgressive?), (.complete?, .notEvaluable?): .partial
        case (let target?, _): target
        }
    }
}
