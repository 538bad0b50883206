/// A laboratory term of the Common Terminology Criteria for Adverse Events: which values have which grade.
package struct LaboratoryTerm: Sendable {
    /// In English, as the criteria have it.
    package let name: String
    /// In which the limits stand that are numbers; nil where all are multiples of the laboratory's own.
    package let unit: MeasureUnit?
    /// Whether what the patient has can make the grade higher: then a value gives the least there may be.
    package let hasClinicalAlternatives: Bool
    let criteria: [Criterion]

    /// What has to hold for a grade, all of it. A grade may have several of these.
    struct Criterion: Sendable {
        var grade: Int
        var conditions: [Condition]
    }

    enum Condition: Sendable {
        /// The value against a multiple of a limit, to which something is added.
        case compare(Comparison, DecimalNumber, times: Limit, plus: DecimalNumber)
        /// Whether the value before treatment was above normal.
        case baseline(isHigh: Bool)
    }

    enum Limit: Sendable {
        /// A number of the criteria themselves.
        case one
        case upperNormal, lowerNormal, baseline
    }
}

/// What is known of a value: itself, and what it is compared with.
package struct LaboratoryFinding: Hashable, Sendable {
    /// The value before treatment.
    package enum Baseline: Hashable, Sendable {
        case unknown
        /// Within the laboratory's limits, the number not at hand.
        case normal
        case value(DecimalNumber)
    }

    package var value: DecimalNumber
    /// Of that laboratory; nil when not known.
    package var upperNormal: DecimalNumber?
    package var lowerNormal: DecimalNumber?
    package var baseline: Baseline

    package init(
        _ value: DecimalNumber,
        upperNormal: DecimalNumber? = nil,
        lowerNormal: DecimalNumber? = nil,
        baseline: Baseline = .unknown
    ) {
        self.value = value
        self.upperNormal = upperNormal
        self.lowerNormal = lowerNormal
        self.baseline = baseline
    }
}
