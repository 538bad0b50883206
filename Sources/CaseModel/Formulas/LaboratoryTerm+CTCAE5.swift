extension LaboratoryTerm {
    /// Common Terminology Criteria for Adverse Events, National Cancer Institute, version 5.0 of 27 November 2017: the terms that
    /// are graded by a number, with limits in SI units.
    ///
    /// Where two grades have the same numbers and differ in what the patient has (potassium, sodium, uric acid), the value has the lower
    /// one, which is the least there may be.
    package static let version = "5.0"

    /// - Returns: nil when no term of version 5.0 is graded by a number under this name.
    package static func named(_ name: String) -> LaboratoryTerm? {
        let typed = TypedText.folded(name).lowercased()
        return all.first { $0.name.lowercased() == typed }
    }

    package static let names: [String] = all.map(\.name)

    private static let all: [LaboratoryTerm] = [
        fixed("Anemia", "g/L", .less, "LLN 100 80", isClinical: true),
        fixed("Leukocytosis", "10*9/L", .greater, "- - 100", isClinical: true),
        multiples("Activated partial thromboplastin time prolonged", "1 1.5 2.5", isClinical: true),
        either("Alanine aminotransferase increased", normal: "1 3 5 20", high: ">=1.5 3 5 20"),
        either("Alkaline phosphatase increased", normal: "1 2.5 5 20", high: ">=2 2.5 5 20"),
        either("Aspartate aminotransferase increased", normal: "1 3 5 20", high: ">=1.5 3 5 20"),
        either("Blood bilirubin increased", normal: "1 1.5 3 10", high: "1 1.5 3 10"),
        multiples("Blood lactate dehydrogenase increased", "1"),
        fixed("CD4 lymphocytes decreased", "10*9/L", .less, "LLN 0.5 0.2 0.05"),
        fixed("Cholesterol high", "mmol/L", .greater, "ULN 7.75 10.34 12.92"),
        multiples("CPK increased", "1 2.5 5 10"),
        LaboratoryTerm(
            name: "Creatinine increased",
            unit: nil,
            hasClinicalAlternatives: false,
            criteria: criteria("1 1.5 3 6", .greater, .upperNormal) + criteria("- 1.5 3", .greater, .baseline)
        ),
        LaboratoryTerm(
            name: "Fibrinogen decreased",
            unit: MeasureUnit(stored: "g/L"),
            hasClinicalAlternatives: false,
            criteria: criteria("1 0.75 0.5 0.25", .less, .lowerNormal) + criteria("- - - 0.5", .less, .one)
                // Below normal, and fallen by a quarter, a half and three quarters.
                + criteria("- 0.75 0.5 0.25", .lessOrEqual, .baseline, and: belowNormal)
        ),
        either("GGT increased", normal: "1 2.5 5 20", high: ">=2 2.5 5 20"),
        LaboratoryTerm(
            name: "Haptoglobin decreased",
            unit: nil,
            hasClinicalAlternatives: false,
            criteria: criteria("1", .less, .lowerNormal)
        ),
        LaboratoryTerm(
            name: "Hemoglobin increased",
            unit: MeasureUnit(stored: "g/L"),
            hasClinicalAlternatives: false,
            criteria: [0, 20, 40].enumerated().map { index, plus in
                Criterion(
                    grade: index + 1,
                    conditions: [
                        .compare(.greater, DecimalNumber(1), times: .upperNormal, plus: DecimalNumber(plus))
                    ]
                )
            }
        ),
        fixed("INR increased", nil, .greater, "1.2 1.5 2.5", isClinical: true),
        multiples("Lipase increased", "1 1.5 2 5", isClinical: true),
        fixed("Lymphocyte count decreased", "10*9/L", .less, "LLN 0.8 0.5 0.2"),
        fixed("Lymphocyte count increased", "10*9/L", .greater, "- 4 20"),
        fixed("Neutrophil count decreased", "10*9/L", .less, "LLN 1.5 1.0 0.5"),
        fixed("Platelet count decreased", "10*9/L", .less, "LLN 75 50 25"),
        multiples("Serum amylase increased", "1 1.5 2 5", isClinical: true),
        fixed("White blood cell decreased", "10*9/L", .less, "LLN 3 2 1"),
        fixed("Acidosis", nil, .less, "LLN - 7.3", isClinical: true),
        fixed("Alkalosis", nil, .greater, "ULN - 7.5", isClinical: true),
        fixed("Hypercalcemia", "mmol/L", .greater, "ULN 2.9 3.1 3.4", isClinical: true),
        fixed("Hypercalcemia (Ionized)", "mmol/L", .greater, "ULN 1.5 1.6 1.8", isClinical: true),
        fixed("Hyperkalemia", "mmol/L", .greater, "ULN 5.5 6 7", isClinical: true),
        fixed("Hypermagnesemia", "mmol/L", .greater, "ULN - 1.23 3.3", isClinical: true),
        fixed("Hypernatremia", "mmol/L", .greater, "ULN 150 155 160", isClinical: true),
        fixed("Hypertriglyceridemia", "mmol/L", .greater, "1.71 3.42 5.7 11.4", isClinical: true),
        multiples("Hyperuricemia", "1", isClinical: true),
        fixed("Hypoalbuminemia", "g/L", .less, "LLN 30 20", isClinical: true),
        fixed("Hypocalcemia", "mmol/L", .less, "LLN 2.0 1.75 1.5", isClinical: true),
        fixed("Hypocalcemia (Ionized)", "mmol/L", .less, "LLN 1.0 0.9 0.8", isClinical: true),
        fixed("Hypoglycemia", "mmol/L", .less, "LLN 3.0 2.2 1.7", isClinical: true),
        fixed("Hypokalemia", "mmol/L", .less, "LLN - 3.0 2.5", isClinical: true),
        fixed("Hypomagnesemia", "mmol/L", .less, "LLN 0.5 0.4 0.3", isClinical: true),
        fixed("Hyponatremia", "mmol/L", .less, "LLN <=129 125 120", isClinical: true),
    ]

    private static let belowNormal = Condition.compare(
        .less,
        DecimalNumber(1),
        times: .lowerNormal,
        plus: DecimalNumber(0)
    )

    /// Limits in one unit for grades 1, 2 and so on; `LLN` and `ULN` are the laboratory's, `-` is a grade without numbers.
    private static func fixed(
        _ name: String,
        _ unit: String?,
        _ comparison: Comparison,
        _ limits: String,
        isClinical: Bool = false
    ) -> LaboratoryTerm {
        LaboratoryTerm(
            name: name,
            unit: unit.map(MeasureUnit.init(stored:)),
            hasClinicalAlternatives: isClinical,
            criteria: criteria(limits, comparison, .one)
        )
    }

    /// Multiples of the upper limit of normal.
    private static func multiples(_ name: String, _ limits: String, isClinical: Bool = false) -> LaboratoryTerm {
        LaboratoryTerm(
            name: name,
            unit: nil,
            hasClinicalAlternatives: isClinical,
            criteria: criteria(limits, .greater, .upperNormal)
        )
    }

    /// Multiples of the upper limit of normal, or of what was there before treatment when that was above it.
    private static func either(_ name: String, normal: String, high: String) -> LaboratoryTerm {
        LaboratoryTerm(
            name: name,
            unit: nil,
            hasClinicalAlternatives: false,
            criteria: criteria(normal, .greater, .upperNormal, and: .baseline(isHigh: false))
                + criteria(high, .greater, .baseline, and: .baseline(isHigh: true))
        )
    }

    private static func criteria(
        _ limits: String,
        _ comparison: Comparison,
        _ times: Limit,
        and condition: Condition? = nil
    ) -> [Criterion] {
        limits.split(separator: " ").enumerated().compactMap { index, text in
            guard text != "-" else { return nil }
            let (sign, digits) =
                text.hasPrefix(">=")
                ? (Comparison.greaterOrEqual, text.dropFirst(2))
                : text.hasPrefix("<=") ? (.lessOrEqual, text.dropFirst(2)) : (comparison, text)
            let (multiple, limit): (DecimalNumber, Limit) =
                switch digits {
                case "ULN": (DecimalNumber(1), .upperNormal)
                case "LLN": (DecimalNumber(1), .lowerNormal)
                default: (number(String(digits)), times)
                }
            return Criterion(
                grade: index + 1,
                conditions: [.compare(sign, multiple, times: limit, plus: DecimalNumber(0))]
                    + (condition.map { [$0] } ?? [])
            )
        }
    }

    private static func number(_ digits: String) -> DecimalNumber {
        do throws(RecordError) {
            return try DecimalNumber(parsing: digits)
        } catch {
            preconditionFailure("\(digits) is no limit")
        }
    }
}
