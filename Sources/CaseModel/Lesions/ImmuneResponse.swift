/// What a visit comes to by iRECIST: a first progression is unconfirmed until a later visit confirms it, for a checkpoint
/// inhibitor may make lesions larger before they shrink. Seymour, Lancet Oncol 2017; 18:e143.
package enum ImmuneResponse: String, Hashable, Sendable {
    case complete = "iCR"
    case partial = "iPR"
    case stable = "iSD"
    case nonCompleteNonUnconfirmed = "Non-iCR/Non-iUPD"
    case unconfirmedProgression = "iUPD"
    case confirmedProgression = "iCPD"
    case notEvaluable = "NE"

    /// Progression is not confirmed sooner than so many days after it was first seen.
    package static let confirmedAfterDays: Int64 = 28

    /// - Parameters:
    ///   - visits: What was seen at each, after the baseline.
    ///   - judged: The same by RECIST 1.1.
    ///   - days: Of each; nil where it is no single day, and then confirms nothing.
    /// - Returns: One for each visit.
    static func responses(
        _ visits: [[LesionAssessment]],
        _ judged: [ResponseCourse.Visit],
        on days: [CivilDay?]
    ) -> [ImmuneResponse] {
        /// The last visit at which progression was seen, the day of the first one, and whether one confirmed it.
        var pending: (index: Int, since: CivilDay?, isConfirmed: Bool)?
        return judged.indices.map { index in
            let now = judged[index]
            guard let former = pending else {
                guard now.overall == .progressive else { return ImmuneResponse(now.overall) }
                pending = (index, days[index], false)
                return .unconfirmedProgression
            }
            if now.overall == .notEvaluable { return .notEvaluable }
            // A response against baseline, with nothing new left, begins anew.
            guard now.overall == .progressive else {
                pending = nil
                return ImmuneResponse(now.overall)
            }
            pending?.index = index
            let isLater = former.since.flatMap { since in days[index].map(since.days) } ?? 0 >= confirmedAfterDays
            let isWorse = isConfirmed(visits[index], now, since: visits[former.index], judged[former.index])
            pending?.isConfirmed = former.isConfirmed || (isLater && isWorse)
            return pending?.isConfirmed == true ? .confirmedProgression : .unconfirmedProgression
        }
    }

    /// Whether it is worse than where progression was seen: a larger sum, more or larger new lesions, more growth of what is
    /// not measured, or progression of what had not progressed.
    private static func isConfirmed(
        _ visit: [LesionAssessment],
        _ now: ResponseCourse.Visit,
        since former: [LesionAssessment],
        _ then: ResponseCourse.Visit
    ) -> Bool {
        if now.target == .progressive {
            if then.target != .progressive { return true }
            if let sum = now.sumMillimetres, let before = then.sumMillimetres, hasGrown(from: before, to: sum) {
                return true
            }
        }
        // Marked as progression again: more than at the visit before.
        if now.nonTarget == .progressive { return true }
        guard now.hasNewLesion else { return false }
        if !then.hasNewLesion { return true }
        let (new, known) = (newLesions(visit), newLesions(former))
        return new.contains { lesion, size in
            guard let before = known[lesion] else { return true }
            guard let size, let before else { return false }
            do throws(RecordError) {
                return hasGrown(from: try ExactRatio(before), to: try ExactRatio(size))
            } catch {
                return false
            }
        } || visit.contains { $0.role == .new && $0.state == .progression }
    }

    private static func newLesions(_ visit: [LesionAssessment]) -> [String: DecimalNumber?] {
        let new = visit.filter { $0.role == .new && ($0.state == .present || $0.state == .progression) }
        return Dictionary(new.map { ($0.lesion, $0.diameterMillimetres) }) { size, _ in size }
    }

    private static func hasGrown(from before: ExactRatio, to now: ExactRatio) -> Bool {
        do throws(RecordError) {
            return try (now - before).compare(to: ExactRatio(5)) >= 0
        } catch {
            return false
        }
    }

    private init(_ response: TumourResponse) {
        self =
            switch response {
            case .complete: .complete
            case .partial: .partial
            case .stable: .stable
            case .progressive: .unconfirmedProgression
            case .nonCompleteNonProgressive: .nonCompleteNonUnconfirmed
            case .notEvaluable: .notEvaluable
            }
    }
}
