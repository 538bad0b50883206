/// The area of the body's surface, by which some doses are measured.
package enum BodySurface: String, Hashable, Sendable, CaseIterable {
    /// √(cm × kg / 3600). Mosteller, N Engl J Med 1987; 317:1098.
    case mosteller
    /// 0.0061 cm + 0.0128 kg - 0.1529, much used in China. Stevenson, Chin J Physiol 1937; 12:327.
    case stevenson

    /// Decimals of a root, which has no end.
    private static let rootPlaces = 12

    package var formula: String {
        switch self {
        case .mosteller: "sqrt(cm * kg / 3600)"
        case .stevenson: "0.0061 * cm + 0.0128 * kg - 0.1529"
        }
    }

    /// - Parameters:
    ///   - heightCentimetres: 30 to 250.
    ///   - weightKilograms: 1 to 400.
    /// - Returns: Square metres.
    /// - Throws: `.illFormedValue` for a height or weight outside.
    package func squareMetres(
        heightCentimetres: DecimalNumber,
        weightKilograms: DecimalNumber
    ) throws(RecordError) -> ExactRatio {
        try BodyMeasure.height.check(heightCentimetres)
        try BodyMeasure.weight.check(weightKilograms)
        let (height, weight) = (try ExactRatio(heightCentimetres), try ExactRatio(weightKilograms))
        switch self {
        case .mosteller: return try (height * weight / ExactRatio(3600)).squareRoot(places: Self.rootPlaces)
        case .stevenson:
            let tenThousandth = try ExactRatio(1) / ExactRatio(10_000)
            return try (ExactRatio(61) * height + ExactRatio(128) * weight - ExactRatio(1529)) * tenThousandth
        }
    }
}

/// What a person measures, and within what: outside of it somebody took another unit.
package enum BodyMeasure: Hashable, Sendable {
    case height, weight, age, creatinine

    private var range: (least: Int64, most: Int64, unit: String, name: String) {
        switch self {
        case .height: (30, 250, "cm", "height")
        case .weight: (1, 400, "kg", "weight")
        case .age: (0, 120, "years", "age")
        case .creatinine: (5, 3000, "umol/L", "creatinine")
        }
    }

    /// - Throws: `.illFormedValue` outside of what there is.
    package func check(_ value: DecimalNumber) throws(RecordError) {
        let range = range
        guard value.compare(to: DecimalNumber(range.least)) >= 0, value.compare(to: DecimalNumber(range.most)) <= 0
        else {
            throw RecordError(
                .illFormedValue,
                "A \(range.name) of \(value) \(range.unit) is not possible.",
                remedy: "It is \(range.least) to \(range.most) \(range.unit): check the unit."
            )
        }
    }
}
