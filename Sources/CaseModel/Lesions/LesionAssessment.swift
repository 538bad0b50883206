/// What one assessor saw of one lesion at one visit.
package struct LesionAssessment: Hashable, Sendable {
    /// As it was chosen at baseline, or that it was not there then.
    package enum Role: String, Hashable, Sendable, CaseIterable {
        case target
        case nonTarget = "non-target"
        case new
    }

    package enum State: String, Hashable, Sendable, CaseIterable {
        case present, absent
        /// Unequivocal growth of a non-target lesion.
        case progression
        case notEvaluated = "not-evaluated"
    }

    package var lesion: String
    package var role: Role
    /// Of lymph nodes the short axis is measured, of all others the longest diameter.
    package var isNodal: Bool
    /// nil when it was not measured. What is too small to measure is written down as 5.
    package var diameterMillimetres: DecimalNumber?
    package var state: State

    package init(lesion: String, role: Role, isNodal: Bool, diameterMillimetres: DecimalNumber?, state: State) {
        self.lesion = lesion
        self.role = role
        self.isNodal = isNodal
        self.diameterMillimetres = diameterMillimetres
        self.state = state
    }

    /// What it adds to a sum; nil when it was not measured. A lesion that is gone adds nothing.
    var sizeMillimetres: DecimalNumber? {
        switch state {
        case .absent: DecimalNumber(0)
        case .notEvaluated: nil
        case .present, .progression: diameterMillimetres
        }
    }
}
