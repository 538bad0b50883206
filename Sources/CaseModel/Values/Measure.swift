package import Schema

/// How a measured value stands to the number: `<10%` is less than ten.
package enum Comparison: String, Hashable, Sendable, CaseIterable {
    case equal = ""
    case less = "<"
    case lessOrEqual = "<="
    case greaterOrEqual = ">="
    case greater = ">"
}

/// What a rule says of a value; unknown never passes.
package enum Verdict: String, Hashable, Sendable {
    case pass, fail, unknown
}

/// A measured value: decimal, comparator and unit, kept as typed and never converted.
package struct Measure: Hashable, Sendable {
    package var value: DecimalNumber
    package var comparator: Comparison
    /// nil: a plain number.
    package var unit: MeasureUnit?
    /// The text as typed where it differs from ``description``.
    package var asTyped: String?

    package init(_ value: DecimalNumber, _ unit: MeasureUnit?, comparator: Comparison = .equal) {
        self.value = value
        self.unit = unit
        self.comparator = comparator
    }

    /// Reads `2.00 Gy`, `<10%`, `>= 5 mg`, `89+` (at least), `６０ Gy`.
    ///
    /// - Parameters:
    ///   - text: as typed.
    ///   - implied: the unit where the text names none; nil leaves a plain number.
    /// - Throws: `.illFormedValue` for what is no number or an unknown unit.
    package init(parsing text: String, implied: MeasureUnit? = nil) throws(RecordError) {
        var rest = TypedText.folded(text)[...]
        comparator = .equal
        for (sign, meaning) in Self.signs where rest.hasPrefix(sign) {
            comparator = meaning
            rest = rest.dropFirst(sign.count)
            break
        }
        let body = rest.drop { $0 == " " }
        let digits = body.prefix { $0.isASCII && ($0.isNumber || ".,+-".contains($0)) }
        var number = String(digits)
        if number.hasSuffix("+"), comparator == .equal {
            number.removeLast()
            comparator = .greaterOrEqual
        }
        guard !number.isEmpty else {
            throw RecordError(
                .illFormedValue,
                "\"\(text)\" is not a measured value.",
                remedy: "Write a number and its unit, for example 2.00 Gy or <10%."
            )
        }
        value = try DecimalNumber(parsing: number)
        let unitText = TypedText.folded(String(body.dropFirst(digits.count)))
        unit = unitText.isEmpty ? implied : try MeasureUnit(parsing: unitText)
        if text != description { asTyped = text }
    }

    /// Reads a dose, whose unit is never assumed.
    ///
    /// - Throws: `.illFormedValue` also for a missing unit, a unit that is no dose, and a comparator.
    package init(parsingDose text: String) throws(RecordError) {
        self = try Measure(parsing: text)
        guard let unit, unit.isDose, comparator == .equal else {
            throw RecordError(
                .illFormedValue,
                "\"\(text)\" is not a dose.",
                remedy: "Write the unit: Gy, cGy or Gy{RBE}, for example 2.00 Gy. None is assumed."
            )
        }
    }

    /// Reads an age, in years where no unit is named.
    ///
    /// - Throws: `.illFormedValue` also for a unit that is no time: what was typed belongs to another field.
    package init(parsingAge text: String) throws(RecordError) {
        self = try Measure(parsing: text, implied: .year)
        guard unit == .year || unit == .day else {
            throw RecordError(
                .illFormedValue,
                "\"\(text)\" is not an age.",
                remedy: "Write years, for example 63 or 89+; or days with their unit, for example 20 d."
            )
        }
    }

    private static let signs: [(String, Comparison)] = [
        ("<=", .lessOrEqual), (">=", .greaterOrEqual), ("≤", .lessOrEqual), ("≥", .greaterOrEqual),
        ("≦", .lessOrEqual), ("≧", .greaterOrEqual), ("<", .less), (">", .greater),
    ]
}

extension Measure {
    /// - Throws: `.illFormedValue` for a stored quantity without a value, or with a comparator of a newer version.
    package init(_ quantity: Quantity) throws(RecordError) {
        guard quantity.hasValue else { throw RecordError(.illFormedValue, "The quantity holds no value.") }
        value = try DecimalNumber(quantity.value)
        comparator =
            switch quantity.comparator {
            case .unspecified: .equal
            case .less: .less
            case .lessOrEqual: .lessOrEqual
            case .greaterOrEqual: .greaterOrEqual
            case .greater: .greater
            default: throw RecordError(.illFormedValue, "The comparator is of a newer version.")
            }
        unit = quantity.hasUnit ? MeasureUnit(stored: quantity.unit) : nil
        asTyped = quantity.hasAsTyped ? quantity.asTyped : nil
    }

    package var schema: Quantity {
        var quantity = Quantity()
        quantity.value = value.schema
        switch comparator {
        case .equal: break
        case .less: quantity.comparator = .less
        case .lessOrEqual: quantity.comparator = .lessOrEqual
        case .greaterOrEqual: quantity.comparator = .greaterOrEqual
        case .greater: quantity.comparator = .greater
        }
        if let unit { quantity.unit = unit.code }
        if let asTyped { quantity.asTyped = asTyped }
        return quantity
    }

    /// Decides `self <comparison> limit` when every number the value may stand for decides it alike; units that differ
    /// decide nothing.
    package func verdict(_ comparison: Comparison, _ limit: Measure) -> Verdict {
        guard unit == limit.unit, limit.comparator == .equal else { return .unknown }
        let order = value.compare(to: limit.value)
        // Whether some number the value stands for lies below, at and above the limit.
        let below = comparator == .less || comparator == .lessOrEqual || order < 0
        let above = comparator == .greater || comparator == .greaterOrEqual || order > 0
        let at: Bool =
            switch comparator {
            case .equal,
                .lessOrEqual where order == 0, .greaterOrEqual where order == 0:
                order == 0
            case .less, .lessOrEqual: order > 0
            case .greater, .greaterOrEqual: order < 0
            }
        let places = [(below, -1), (at, 0), (above, 1)].filter(\.0).map(\.1)
        let answers = Set(places.map { comparison.holds(forOrder: $0) })
        return answers.count == 1 ? (answers.contains(true) ? .pass : .fail) : .unknown
    }
}

extension Comparison {
    /// Whether it holds of two numbers of a numeric order, -1, 0 or 1.
    func holds(forOrder order: Int) -> Bool {
        switch self {
        case .equal: order == 0
        case .less: order < 0
        case .lessOrEqual: order <= 0
        case .greaterOrEqual: order >= 0
        case .greater: order > 0
        }
    }
}

extension Measure: CustomStringConvertible {
    /// `<10 %`, `2.00 Gy`, `60`.
    package var description: String {
        comparator.rawValue + String(describing: value) + (unit.map { " \($0.code)" } ?? "")
    }
}
