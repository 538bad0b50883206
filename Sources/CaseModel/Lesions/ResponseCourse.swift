/// The responses of one patient as one assessor saw them, visit after visit, by RECIST 1.1.
///
/// Each visit is judged by itself against baseline and nadir: stable disease after progression stands as it was computed, and
/// nothing is carried forward. An incomplete sum is progression when what was measured alone is, and never a baseline or nadir.
package struct ResponseCourse: Hashable, Sendable {
    /// What a visit comes to.
    package struct Visit: Hashable, Sendable {
        /// nil without target lesions at baseline.
        package var target: TumourResponse?
        /// nil without non-target lesions at baseline.
        package var nonTarget: TumourResponse?
        package var hasNewLesion: Bool
        package var overall: TumourResponse
        /// Of the targets that were measured; nil when there are none at baseline.
        package var sumMillimetres: ExactRatio?
        /// The smallest complete sum before this visit, baseline included.
        package var nadirSumMillimetres: ExactRatio?
        package var measuredTargets: Int
    }

    package static let formula = "RECIST 1.1"

    /// nil when a target was not measured at baseline, or there was none.
    package let baselineSumMillimetres: ExactRatio?
    /// Target lesions at baseline.
    package let targets: Int
    /// The visits after baseline, in the order they were given.
    package let visits: [Visit]

    /// A lymph node of a smaller short axis is none that is ill.
    private static let nodeMillimetres = DecimalNumber(10)
    private static let riseMillimetres = ExactRatio(5)

    /// - Parameters:
    ///   - baseline: What was seen before treatment.
    ///   - visits: What was seen after it, the first visit first.
    /// - Throws: `.illFormedValue` for a lesion that is assessed differently twice at a visit, a diameter below 0 and numbers of too many digits.
    /// - Complexity: O(assessments).
    package init(baseline: [LesionAssessment], visits: [[LesionAssessment]]) throws(RecordError) {
        let first = try Self.byLesion(baseline)
        // A node that is normal at baseline is no target, whatever it was called.
        let targets = first.values.filter { lesion in
            lesion.role == .target
                && !(lesion.isNodal && lesion.sizeMillimetres?.compare(to: Self.nodeMillimetres) ?? 1 < 0)
        }
        let nonTargets = first.values.filter { $0.role == .nonTarget }
        self.targets = targets.count
        let start = try Self.sum(targets, in: first)
        let baselineSum = targets.isEmpty || start.measured < targets.count ? nil : start.sum
        baselineSumMillimetres = baselineSum
        var nadir = baselineSum
        var judged: [Visit] = []
        for visit in visits {
            let seen = try Self.byLesion(visit)
            let (sum, measured) = try Self.sum(targets, in: seen)
            let isComplete = measured == targets.count
            let target =
                try targets.isEmpty
                ? nil
                : Self.target(targets, in: seen, sum, isComplete: isComplete, baseline: baselineSum, nadir: nadir)
            let nonTarget = nonTargets.isEmpty ? nil : Self.nonTarget(nonTargets, in: seen)
            let hasNewLesion = visit.contains { $0.role == .new && ($0.state == .present || $0.state == .progression) }
            judged.append(
                Visit(
                    target: target,
                    nonTarget: nonTarget,
                    hasNewLesion: hasNewLesion,
                    overall: .overall(target: target, nonTarget: nonTarget, hasNewLesion: hasNewLesion),
                    sumMillimetres: targets.isEmpty ? nil : sum,
                    nadirSumMillimetres: nadir,
                    measuredTargets: measured
                )
            )
            if isComplete, let least = nadir, try sum.compare(to: least) < 0 { nadir = sum }
        }
        self.visits = judged
    }

    private static func byLesion(_ visit: [LesionAssessment]) throws(RecordError) -> [String: LesionAssessment] {
        var seen: [String: LesionAssessment] = [:]
        for assessment in visit {
            guard assessment.diameterMillimetres?.coefficient ?? 0 >= 0 else {
                throw RecordError(.illFormedValue, "A diameter is not below 0.")
            }
            // The same line again says nothing else.
            guard seen.updateValue(assessment, forKey: assessment.lesion) ?? assessment == assessment else {
                throw RecordError(
                    .illFormedValue,
                    "Lesion \(assessment.lesion) stands twice at one visit, and differs."
                )
            }
        }
        return seen
    }

    private static func sum(
        _ targets: [LesionAssessment],
        in seen: [String: LesionAssessment]
    ) throws(RecordError) -> (sum: ExactRatio, measured: Int) {
        var (sum, measured) = (ExactRatio.zero, 0)
        for target in targets {
            guard let size = seen[target.lesion]?.sizeMillimetres else { continue }
            sum = try sum + ExactRatio(size)
            measured += 1
        }
        return (sum, measured)
    }

    private static func target(
        _ targets: [LesionAssessment],
        in seen: [String: LesionAssessment],
        _ sum: ExactRatio,
        isComplete: Bool,
        baseline: ExactRatio?,
        nadir: ExactRatio?
    ) throws(RecordError) -> TumourResponse {
        guard let baseline, let nadir else { return .notEvaluable }
        let isGone = targets.allSatisfy { target in
            guard let size = seen[target.lesion]?.sizeMillimetres else { return false }
            return target.isNodal ? size.compare(to: nodeMillimetres) < 0 : size.coefficient == 0
        }
        if isGone { return .complete }
        let rise = try sum - nadir
        let isLarger = try (sum * ExactRatio(10)).compare(to: nadir * ExactRatio(12)) >= 0
        if isLarger, try rise.compare(to: riseMillimetres) >= 0 { return .progressive }
        guard isComplete else { return .notEvaluable }
        let hasShrunk = try (sum * ExactRatio(10)).compare(to: baseline * ExactRatio(7)) <= 0
        return hasShrunk ? .partial : .stable
    }

    private static func nonTarget(
        _ nonTargets: [LesionAssessment],
        in seen: [String: LesionAssessment]
    ) -> TumourResponse {
        let states = nonTargets.map { seen[$0.lesion]?.state ?? .notEvaluated }
        if states.contains(.progression) { return .progressive }
        if states.contains(.notEvaluated) { return .notEvaluable }
        return states.contains(.present) ? .nonCompleteNonProgressive : .complete
    }
}
