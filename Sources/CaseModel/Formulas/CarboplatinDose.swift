/// The dose of carboplatin for an area under the curve.
///
/// mg = AUC × (GFR + 25). Calvert, J Clin Oncol 1989; 7:1748. An estimated rate counts as 125 mL/min at most, a measured one as
/// it is (FDA, 2010).
package struct CarboplatinDose: Hashable, Sendable {
    package enum Method: String, Hashable, Sendable, CaseIterable { case estimated, measured }

    package static let formula = "AUC * (GFR + 25)"
    private static let estimatedMaximum = DecimalNumber(125)

    package let areaUnderCurve: DecimalNumber
    package let filtrationRate: DecimalNumber
    package let method: Method?

    /// - Parameters:
    ///   - areaUnderCurve: 1 to 8 mg/mL × min.
    ///   - filtrationRate: 1 to 300 mL/min, not of 1.73 m².
    ///   - method: How the rate was found; nil where it does not matter.
    /// - Throws: `.illFormedValue` outside of that, and without a method where the rate is above 125.
    package init(areaUnderCurve: DecimalNumber, filtrationRate: DecimalNumber, method: Method?) throws(RecordError) {
        guard areaUnderCurve.compare(to: DecimalNumber(1)) >= 0, areaUnderCurve.compare(to: DecimalNumber(8)) <= 0
        else {
            throw RecordError(.illFormedValue, "An AUC of \(areaUnderCurve) is not given.", remedy: "It is 1 to 8.")
        }
        guard filtrationRate.compare(to: DecimalNumber(1)) >= 0, filtrationRate.compare(to: DecimalNumber(300)) <= 0
        else {
            throw RecordError(
                .illFormedValue,
                "A filtration rate of \(filtrationRate) mL/min is not possible.",
                remedy: "It is 1 to 300 mL/min."
            )
        }
        guard method != nil || filtrationRate.compare(to: Self.estimatedMaximum) <= 0 else {
            throw RecordError(
                .illFormedValue,
                "Above 125 mL/min it matters how the rate was found.",
                remedy: "Say whether it was estimated, which is capped at 125, or measured, which is not."
            )
        }
        self.areaUnderCurve = areaUnderCurve
        self.filtrationRate = filtrationRate
        self.method = method
    }

    package var isCapped: Bool { method != .measured && filtrationRate.compare(to: Self.estimatedMaximum) > 0 }
    package var usedRate: DecimalNumber { isCapped ? Self.estimatedMaximum : filtrationRate }

    /// - Throws: `.illFormedValue` for numbers of too many digits.
    package func milligrams() throws(RecordError) -> ExactRatio {
        try ExactRatio(areaUnderCurve) * (ExactRatio(usedRate) + ExactRatio(25))
    }
}
