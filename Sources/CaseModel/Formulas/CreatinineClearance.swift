/// The clearance of creatinine as it is estimated from the blood.
///
/// (140 - age) × kg / (72 × creatinine in mg/dL), × 0.85 for women. Cockcroft and Gault, Nephron 1976; 16:31.
package struct CreatinineClearance: Hashable, Sendable {
    package static let formula = "(140 - age) * kg / (72 * creatinine mg/dL), * 0.85 if female"
    /// No weight is corrected here.
    package static let weightKind = "actual"
    /// So many µmol/L are one mg/dL.
    private static let micromolesPerMilligram = DecimalNumber(tenths: 884)

    package let ageYears: DecimalNumber
    package let weightKilograms: DecimalNumber
    package let isFemale: Bool
    package let creatinine: Measure

    /// - Parameters:
    ///   - ageYears: 0 to 120.
    ///   - weightKilograms: 1 to 400.
    ///   - isFemale: By whose muscles the formula goes.
    ///   - creatinine: In µmol/L or mg/dL; 5 to 3000 µmol/L.
    /// - Throws: `.illFormedValue` outside of that, for another unit, and for a value that is only known to be less or more.
    package init(
        ageYears: DecimalNumber,
        weightKilograms: DecimalNumber,
        isFemale: Bool,
        creatinine: Measure
    ) throws(RecordError) {
        try BodyMeasure.age.check(ageYears)
        try BodyMeasure.weight.check(weightKilograms)
        guard creatinine.comparator == .equal,
            creatinine.unit == .micromolesPerLitre || creatinine.unit == .milligramsPerDecilitre
        else {
            throw RecordError(
                .illFormedValue,
                "\"\(creatinine)\" is not a creatinine.",
                remedy: "Write its unit, umol/L or mg/dL, for example 88.4umol/L."
            )
        }
        self.ageYears = ageYears
        self.weightKilograms = weightKilograms
        self.isFemale = isFemale
        self.creatinine = creatinine
        let micromoles = try milligramsPerDecilitre() * ExactRatio(Self.micromolesPerMilligram)
        let (least, most) = (try micromoles.compare(to: ExactRatio(5)), try micromoles.compare(to: ExactRatio(3000)))
        guard least >= 0, most <= 0 else {
            throw RecordError(
                .illFormedValue,
                "A creatinine of \(creatinine) is not possible.",
                remedy: "It is 5 to 3000 umol/L, 0.06 to 34 mg/dL: check the unit."
            )
        }
    }

    private func milligramsPerDecilitre() throws(RecordError) -> ExactRatio {
        let value = try ExactRatio(creatinine.value)
        return creatinine.unit == .milligramsPerDecilitre ? value : try value / ExactRatio(Self.micromolesPerMilligram)
    }

    /// - Throws: `.illFormedValue` for numbers of too many digits.
    package func millilitresPerMinute() throws(RecordError) -> ExactRatio {
        let years = try ExactRatio(140) - ExactRatio(ageYears)
        let male = try years * ExactRatio(weightKilograms) / (ExactRatio(72) * milligramsPerDecilitre())
        return isFemale ? try male * ExactRatio(85) / ExactRatio(100) : male
    }
}
