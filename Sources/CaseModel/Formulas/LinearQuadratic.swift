/// What schemes of fractions come to by the linear-quadratic model, computed exactly.
///
/// BED = n d (1 + d / (α/β)); EQD2 = BED / (1 + 2 / (α/β)); with repopulation BED - K max(0, T - Tk). Fowler, Br J Radiol 1989;
/// 62:679, and Br J Radiol 2010; 83:554. Several phases are added up.
package struct LinearQuadratic: Sendable {
    package static let formula =
        "BED = n d (1 + d / (alpha/beta)); EQD2 = BED / (1 + 2 / (alpha/beta)); less K max(0, T - Tk)"
    package let schemes: [FractionScheme]
    package let alphaBetaGray: DecimalNumber

    /// Beyond this dose of a fraction the model overstates the effect.
    private static let rangeGray = DecimalNumber(10)

    /// - Parameters:
    ///   - schemes: One for each phase, at least one.
    ///   - alphaBetaGray: Of the tissue; above 0.
    /// - Throws: `.illFormedValue` for an α/β that is not above 0.
    package init(_ schemes: [FractionScheme], alphaBetaGray: DecimalNumber) throws(RecordError) {
        guard alphaBetaGray.isPositive else {
            throw RecordError(
                .illFormedValue,
                "An alpha/beta is above 0 Gy, for example 10 for a tumour or 3 for late effects."
            )
        }
        self.schemes = schemes
        self.alphaBetaGray = alphaBetaGray
    }

    package var fractions: Int64 { schemes.reduce(0) { $0 + $1.fractions } }

    /// Whether a fraction is larger than those for which the model was made.
    package var isOutsideRange: Bool { schemes.contains { $0.dosePerFractionGray.compare(to: Self.rangeGray) > 0 } }

    /// - Throws: `.illFormedValue` for numbers of too many digits, as everything below.
    package func totalDoseGray() throws(RecordError) -> ExactRatio {
        var sum = ExactRatio.zero
        for scheme in schemes {
            sum = try sum + ExactRatio(scheme.fractions) * ExactRatio(scheme.dosePerFractionGray)
        }
        return sum
    }

    /// The biologically effective dose.
    package func bedGray() throws(RecordError) -> ExactRatio {
        var sum = ExactRatio.zero
        for scheme in schemes {
            let dose = try ExactRatio(scheme.dosePerFractionGray)
            let relative = try ExactRatio(1) + dose / ExactRatio(alphaBetaGray)
            sum = try sum + ExactRatio(scheme.fractions) * dose * relative
        }
        return sum
    }

    /// The dose in fractions of 2 Gy with the same effect.
    package func eqd2Gray() throws(RecordError) -> ExactRatio {
        try bedGray() / (ExactRatio(1) + ExactRatio(2) / ExactRatio(alphaBetaGray))
    }

    /// What the tumour grows again from some day on.
    package struct Repopulation: Sendable {
        /// From the first fraction to the last: the difference of their dates.
        package var days: Int64
        package var grayPerDay: DecimalNumber
        package var kickoffDays: DecimalNumber

        /// - Throws: `.illFormedValue` for a number below 0.
        package init(days: Int64, grayPerDay: DecimalNumber, kickoffDays: DecimalNumber) throws(RecordError) {
            guard days >= 0, grayPerDay.coefficient >= 0, kickoffDays.coefficient >= 0 else {
                throw RecordError(.illFormedValue, "Repopulation is never below 0, nor are its days.")
            }
            self.days = days
            self.grayPerDay = grayPerDay
            self.kickoffDays = kickoffDays
        }
    }

    /// The same less what grows again.
    package func bedGray(with repopulation: Repopulation) throws(RecordError) -> ExactRatio {
        let late = try ExactRatio(repopulation.days) - ExactRatio(repopulation.kickoffDays)
        guard late.sign > 0 else { return try bedGray() }
        return try bedGray() - ExactRatio(repopulation.grayPerDay) * late
    }
}
