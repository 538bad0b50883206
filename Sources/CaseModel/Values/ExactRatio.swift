/// A ratio of two whole numbers, reduced: arithmetic on decimals that divides and still rounds nothing.
///
/// Numerator and denominator have at most 36 digits; what needs more is refused and never rounded.
package struct ExactRatio: Hashable, Sendable {
    private let numerator: Int128
    /// Above 0.
    private let denominator: Int128

    /// 10^36: ten times as much still fits, which long division needs.
    private static let limit = (0..<36).reduce(Int128(1)) { product, _ in product * 10 }

    package static let zero = ExactRatio(0)

    package init(_ whole: Int64) { (numerator, denominator) = (Int128(whole), 1) }

    /// The number a decimal stands for.
    ///
    /// - Throws: `.illFormedValue` beyond 36 digits.
    package init(_ decimal: DecimalNumber) throws(RecordError) {
        var power = Int128(1)
        for _ in 0..<decimal.exponent.magnitude { power *= 10 }
        if decimal.exponent < 0 {
            try self.init(Int128(decimal.coefficient), power)
        } else {
            self = try ExactRatio(decimal.coefficient) * ExactRatio(power, 1)
        }
    }

    private init(_ numerator: Int128, _ denominator: Int128) throws(RecordError) {
        var (one, two) = (numerator.magnitude, denominator.magnitude)
        while two != 0 { (one, two) = (two, one % two) }
        let divisor = max(1, Int128(one))
        guard (numerator / divisor).magnitude < Self.limit.magnitude, denominator / divisor < Self.limit else {
            throw Self.tooLong
        }
        (self.numerator, self.denominator) = (numerator / divisor, denominator / divisor)
    }

    private static var tooLong: RecordError {
        RecordError(
            .illFormedValue,
            "The numbers have more digits than can be computed with exactly.",
            remedy: "Leave out digits that nobody measured."
        )
    }

    /// - Throws: `.illFormedValue` beyond 128 bits.
    private static func product(_ left: Int128, _ right: Int128) throws(RecordError) -> Int128 {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        guard !overflow else { throw tooLong }
        return product
    }
}

extension ExactRatio {
    package var sign: Int { Int(numerator.signum()) }

    /// - Throws: `.illFormedValue` beyond 36 digits, as every operator.
    package static func + (left: ExactRatio, right: ExactRatio) throws(RecordError) -> ExactRatio {
        let one = try product(left.numerator, right.denominator)
        let (sum, overflow) = one.addingReportingOverflow(try product(right.numerator, left.denominator))
        guard !overflow else { throw tooLong }
        return try ExactRatio(sum, try product(left.denominator, right.denominator))
    }

    package static func - (left: ExactRatio, right: ExactRatio) throws(RecordError) -> ExactRatio {
        try left + ExactRatio(-right.numerator, right.denominator)
    }

    package static func * (left: ExactRatio, right: ExactRatio) throws(RecordError) -> ExactRatio {
        // Across first, so that factors that cancel do not take room.
        let (one, two) = (
            try ExactRatio(left.numerator, right.denominator), try ExactRatio(right.numerator, left.denominator)
        )
        return try ExactRatio(
            try product(one.numerator, two.numerator),
            try product(one.denominator, two.denominator)
        )
    }

    /// - Precondition: `right` is not 0.
    package static func / (left: ExactRatio, right: ExactRatio) throws(RecordError) -> ExactRatio {
        precondition(right.numerator != 0, "nothing is divided by 0")
        let turned = right.numerator < 0 ? -right.denominator : right.denominator
        return try left * ExactRatio(turned, right.numerator < 0 ? -right.numerator : right.numerator)
    }

    /// The numeric order: -1, 0 or 1.
    ///
    /// - Throws: `.illFormedValue` when their difference has more than 36 digits.
    package func compare(to other: ExactRatio) throws(RecordError) -> Int { try (self - other).sign }
}

extension ExactRatio {
    /// Decimals of a number that has no end, rounded half away from zero.
    package static let endlessPlaces = 12

    /// All its decimals where they end within 36, and else ``endlessPlaces`` of them: `43.2`, `23.333333333333`.
    package var decimals: String {
        var rest = denominator
        var places = 0
        for prime in [2, 5] as [Int128] {
            var count = 0
            while rest.isMultiple(of: prime) {
                rest /= prime
                count += 1
            }
            places = max(places, count)
        }
        return rest == 1 && places <= 36 ? digits(places: places) : digits(places: Self.endlessPlaces)
    }

    /// Rounded half away from zero to a number of decimals, 0 to 36, all of them written: `70.13`.
    package func digits(places: Int) -> String {
        precondition((0...36).contains(places), "0 to 36 decimals")
        let magnitude = numerator < 0 ? -numerator : numerator
        var remainder = magnitude % denominator
        var digits = Array(String(magnitude / denominator).utf8)
        let wholeDigits = digits.count
        for _ in 0..<places {
            remainder *= 10
            digits.append(UInt8(ascii: "0") + UInt8(remainder / denominator))
            remainder %= denominator
        }
        var hasGrown = false
        if remainder * 2 >= denominator {
            var index = digits.count - 1
            while index >= 0, digits[index] == UInt8(ascii: "9") {
                digits[index] = UInt8(ascii: "0")
                index -= 1
            }
            if index >= 0 { digits[index] += 1 } else { digits.insert(UInt8(ascii: "1"), at: 0) }
            hasGrown = index < 0
        }
        if places > 0 { digits.insert(UInt8(ascii: "."), at: wholeDigits + (hasGrown ? 1 : 0)) }
        let isZero = !digits.contains { (UInt8(ascii: "1")...UInt8(ascii: "9")).contains($0) }
        return (numerator < 0 && !isZero ? "-" : "") + String(decoding: digits, as: UTF8.self)
    }

    /// Its square root, rounded down to a number of decimals.
    ///
    /// - Parameter places: 0 to 12.
    /// - Returns: The largest number of so many decimals whose square is no larger.
    /// - Throws: `.illFormedValue` when the number has too many digits for that.
    /// - Precondition: the number is not below 0.
    package func squareRoot(places: Int) throws(RecordError) -> ExactRatio {
        precondition(numerator >= 0 && (0...12).contains(places), "a root of what is not below 0, to 12 decimals")
        let scale = (0..<places).reduce(Int128(1)) { product, _ in product * 10 }
        let scaled = try ExactRatio(numerator, denominator) * ExactRatio(scale * scale, 1)
        let radicand = scaled.numerator / scaled.denominator
        guard radicand > 0 else { return .zero }
        // Newton's method from above ends at the whole part of the root.
        var root = Int128(1) << Int128((128 - radicand.leadingZeroBitCount + 1) / 2)
        while true {
            let next = (root + radicand / root) / 2
            guard next < root else { break }
            root = next
        }
        return try ExactRatio(root, scale)
    }
}
