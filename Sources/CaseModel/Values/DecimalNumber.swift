package import Schema

/// An exact decimal as it was typed: coefficient × 10^exponent, trailing zeros kept. Never a binary fraction.
///
/// Equality is of the representation (`60` and `60.0` differ); ``compare(to:)`` is of the number.
package struct DecimalNumber: Hashable, Sendable {
    package let coefficient: Int64
    /// -30 to 30.
    package let exponent: Int32

    package static let exponents: ClosedRange<Int32> = -30...30

    /// - Returns: nil when the exponent is outside ``exponents``.
    package init?(coefficient: Int64, exponent: Int32) {
        guard Self.exponents.contains(exponent) else { return nil }
        self.coefficient = coefficient
        self.exponent = exponent
    }

    package init(_ whole: Int64) {
        coefficient = whole
        exponent = 0
    }

    /// A number of tenths: `5` is 0.5.
    package init(tenths: Int64) {
        coefficient = tenths
        exponent = -1
    }

    /// - Throws: `.illFormedValue` for a stored decimal whose exponent is out of range.
    package init(_ decimal: Decimal) throws(RecordError) {
        guard let number = DecimalNumber(coefficient: decimal.coefficient, exponent: decimal.exponent) else {
            throw RecordError(.illFormedValue, "A decimal with exponent \(decimal.exponent) is outside what is kept.")
        }
        self = number
    }

    package var schema: Decimal {
        var decimal = Decimal()
        decimal.coefficient = coefficient
        if exponent != 0 { decimal.exponent = exponent }
        return decimal
    }

    /// Reads digits with at most one point and a sign: `60`, `2.00`, `-0.5`, `６０`. At most 18 digits.
    ///
    /// - Throws: `.illFormedValue` for anything else: letters, a comma, two points, an exponent.
    package init(parsing text: String) throws(RecordError) {
        let typed = TypedText.folded(text)
        var digits: [UInt8] = []
        var places = 0
        var seenPoint = false
        var rest = Array(typed.utf8)[...]
        let negative = rest.first == UInt8(ascii: "-")
        if negative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        for byte in rest {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits.append(byte)
                if seenPoint { places += 1 }
            case UInt8(ascii: ".") where !seenPoint && !digits.isEmpty:
                seenPoint = true
            case UInt8(ascii: ","):
                throw Self.refused(text, "Write the decimals after a point, and no separator of thousands.")
            default:
                throw Self.refused(text, "Write digits with at most one point, for example 2.00.")
            }
        }
        guard !digits.isEmpty, rest.last != UInt8(ascii: ".") else {
            throw Self.refused(text, "Write digits with at most one point, for example 2.00.")
        }
        guard digits.count <= 18 else { throw Self.refused(text, "A value has at most 18 digits.") }
        let magnitude = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
        coefficient = negative ? -magnitude : magnitude
        exponent = -Int32(places)
    }

    private static func refused(_ text: String, _ remedy: String) -> RecordError {
        RecordError(.illFormedValue, "\"\(text)\" is not a number.", remedy: remedy)
    }
}

extension DecimalNumber {
    package var isPositive: Bool { coefficient > 0 }

    /// The numeric order: -1, 0 or 1. Exact for every pair.
    package func compare(to other: DecimalNumber) -> Int {
        let left = reduced
        let right = other.reduced
        let signs = (Int(left.coefficient.signum()), Int(right.coefficient.signum()))
        guard signs.0 == signs.1, signs.0 != 0 else { return (signs.0 - signs.1).signum() }
        let magnitudes = (left.magnitude, right.magnitude)
        guard magnitudes.0 == magnitudes.1 else { return (magnitudes.0 < magnitudes.1 ? -1 : 1) * signs.0 }
        // The same power of ten in front, so the exponents differ by at most the 18 digits in which they can.
        let exponent = min(left.exponent, right.exponent)
        let one = Int128(left.coefficient) * Self.powerOfTen(left.exponent - exponent)
        let two = Int128(right.coefficient) * Self.powerOfTen(right.exponent - exponent)
        return one == two ? 0 : (one < two ? -1 : 1)
    }

    /// The exact sum with the finer exponent; nil when it does not fit.
    package func adding(_ other: DecimalNumber) -> DecimalNumber? {
        let exponent = min(exponent, other.exponent)
        guard let one = scaled(to: exponent), let two = other.scaled(to: exponent) else { return nil }
        return Int64(exactly: one + two).flatMap { DecimalNumber(coefficient: $0, exponent: exponent) }
    }

    /// The exact difference; nil when it does not fit.
    package func subtracting(_ other: DecimalNumber) -> DecimalNumber? {
        guard other.coefficient != .min else { return nil }
        return DecimalNumber(coefficient: -other.coefficient, exponent: other.exponent).flatMap(adding)
    }

    /// The exact product; nil when it does not fit.
    package func multiplied(by other: DecimalNumber) -> DecimalNumber? {
        let (product, overflow) = coefficient.multipliedReportingOverflow(by: other.coefficient)
        guard !overflow else { return nil }
        return DecimalNumber(coefficient: product, exponent: exponent + other.exponent)
    }

    /// Rounded half away from zero to `places` decimals, 0 to 18; nil when it does not fit.
    package func rounded(places: Int32) -> DecimalNumber? {
        guard (0...18).contains(places) else { return nil }
        if exponent >= -places {
            return scaled(to: -places).flatMap { Int64(exactly: $0) }
                .flatMap { DecimalNumber(coefficient: $0, exponent: -places) }
        }
        let divisor = Self.powerOfTen(-places - exponent)
        let value = Int128(coefficient)
        let magnitude = (value < 0 ? -value : value) * 2 + divisor
        let rounded = magnitude / (divisor * 2)
        return Int64(exactly: value < 0 ? -rounded : rounded)
            .flatMap { DecimalNumber(coefficient: $0, exponent: -places) }
    }

    /// The same number without zeros at its end: equal numbers are equal then.
    package var reduced: DecimalNumber {
        var coefficient = coefficient
        var exponent = exponent
        while coefficient != 0, coefficient.isMultiple(of: 10), exponent < Self.exponents.upperBound {
            coefficient /= 10
            exponent += 1
        }
        return DecimalNumber(coefficient: coefficient, exponent: exponent) ?? self
    }

    /// Digits before the point, counting down below it.
    private var magnitude: Int32 {
        Int32(String(coefficient.magnitude).utf8.count) + exponent
    }

    private func scaled(to exponent: Int32) -> Int128? {
        guard self.exponent - exponent <= 18 else { return coefficient == 0 ? 0 : nil }
        return Int128(coefficient) * Self.powerOfTen(self.exponent - exponent)
    }

    /// 10^power as far as Int128 holds it; above, nothing of 64 bits reaches it.
    private static func powerOfTen(_ power: Int32) -> Int128 {
        (0..<min(max(power, 0), 36)).reduce(Int128(1)) { product, _ in product * 10 }
    }
}

extension DecimalNumber: CustomStringConvertible {
    /// Plain digits with the trailing zeros as typed: `2.00`.
    package var description: String {
        var digits = String(coefficient.magnitude)
        if exponent > 0 {
            digits += coefficient == 0 ? "" : String(repeating: "0", count: Int(exponent))
        } else if exponent < 0 {
            let places = Int(-exponent)
            if digits.utf8.count <= places {
                digits = String(repeating: "0", count: places + 1 - digits.utf8.count) + digits
            }
            digits.insert(".", at: digits.index(digits.endIndex, offsetBy: -places))
        }
        return (coefficient < 0 ? "-" : "") + digits
    }
}
