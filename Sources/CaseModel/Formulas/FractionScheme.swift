/// A number of equal fractions, in physical gray: what `8x3` says, dose first.
package struct FractionScheme: Hashable, Sendable {
    package let dosePerFractionGray: DecimalNumber
    /// 1 to 200.
    package let fractions: Int64

    private static let fractionsMaximum: Int64 = 200
    /// Outside of this a typed dose is a number of fractions, or in centigray.
    private static let dosesGray = (least: DecimalNumber(tenths: 5), most: DecimalNumber(40))

    /// Reads `8x3`, `8Gyx3` and `8 Gy x 3`, dose first; and `3fx8Gy`, which says itself that it is the other way round.
    ///
    /// - Throws: `.illFormedValue`, naming the other reading where there is one: a number of fractions that is not whole, a
    ///   dose below 0.5 or above 40 Gy; Gy(RBE) and cGy, with which nothing is computed here.
    package init(parsing text: String) throws(RecordError) {
        let typed = TypedText.folded(text).lowercased().replacing("×", with: "x")
        guard !typed.contains("rbe"), !typed.contains("gye"), !typed.contains("cge") else {
            throw RecordError(
                .illFormedValue,
                "\"\(text)\" is a dose weighted by biological effect, for which this arithmetic does not hold.",
                remedy: "It is for physical gray."
            )
        }
        guard !typed.contains("cgy") else {
            throw Self.refused(text, "Write gray, for example 8x3: centigray are never converted.")
        }
        var sides = typed.split(separator: "x", omittingEmptySubsequences: false).map { TypedText.folded(String($0)) }
        // `3fx8gy`, `3 fx x 8 gy`.
        let isTurned = sides.first?.hasSuffix("f") == true && sides[0].count > 1
        if isTurned {
            sides[0].removeLast()
            if sides.count == 3, sides[1].isEmpty { sides.remove(at: 1) }
            sides.reverse()
        }
        guard sides.count == 2 else { throw Self.refused(text, Self.form) }
        let dose = try Self.number(sides[0].hasSuffix("gy") ? String(sides[0].dropLast(2)) : sides[0], of: text)
        let count = try Self.number(sides[1], of: text)
        let other = "\(count) Gy in \(dose) fractions"
        guard count.exponent == 0 else {
            throw Self.refused(text, "The number of fractions is whole. If \(other) was meant, write \(count)x\(dose).")
        }
        guard (1...Self.fractionsMaximum).contains(count.coefficient) else {
            throw Self.refused(text, "A course has 1 to \(Self.fractionsMaximum) fractions.")
        }
        guard dose.compare(to: Self.dosesGray.least) >= 0, dose.compare(to: Self.dosesGray.most) <= 0 else {
            let isOther = dose.exponent == 0 && dose.isPositive && count.coefficient <= 40
            throw Self.refused(
                text,
                "The dose comes first, 0.5 to 40 Gy a fraction."
                    + (isOther ? " If \(other) was meant, write \(count)x\(dose)." : "")
            )
        }
        dosePerFractionGray = dose
        fractions = count.coefficient
    }

    private static let form = "Write the dose of a fraction in gray and how many there are, for example 8x3."

    private static func number(_ side: String, of text: String) throws(RecordError) -> DecimalNumber {
        do throws(RecordError) {
            return try DecimalNumber(parsing: side)
        } catch {
            throw refused(text, form)
        }
    }

    private static func refused(_ text: String, _ remedy: String) -> RecordError {
        RecordError(.illFormedValue, "\"\(text)\" is not a number of fractions of a dose.", remedy: remedy)
    }
}
