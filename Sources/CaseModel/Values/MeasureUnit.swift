/// A unit as UCUM writes it. Gy, cGy and Gy{RBE} are different units and are never turned into each other.
package struct MeasureUnit: Hashable, Sendable {
    package let code: String

    private init(known code: String) {
        self.code = code
    }

    package static let gray = MeasureUnit(known: "Gy")
    package static let centigray = MeasureUnit(known: "cGy")
    package static let grayRelativeBiologicalEffect = MeasureUnit(known: "Gy{RBE}")
    package static let percent = MeasureUnit(known: "%")
    package static let millimetre = MeasureUnit(known: "mm")
    package static let centimetre = MeasureUnit(known: "cm")
    package static let year = MeasureUnit(known: "a")
    package static let day = MeasureUnit(known: "d")
    package static let micromolesPerLitre = MeasureUnit(known: "umol/L")
    package static let milligramsPerDecilitre = MeasureUnit(known: "mg/dL")

    /// Units that can be entered, with what people type for them.
    private static let known: [(code: String, typed: [String])] = [
        ("Gy", ["Gy"]), ("cGy", ["cGy"]), ("Gy{RBE}", ["Gy{RBE}", "Gy(RBE)", "GyRBE", "GyE"]), ("%", ["%"]),
        ("a", ["a", "y", "years", "year"]), ("d", ["d", "days", "day"]), ("mm", ["mm"]), ("cm", ["cm"]),
        ("mL", ["mL", "ml"]), ("mL/min", ["mL/min", "ml/min"]), ("L", ["L"]), ("kg", ["kg"]), ("g", ["g"]),
        ("mg", ["mg"]), ("ug", ["ug", "µg", "μg"]),
        ("mg/kg", ["mg/kg"]), ("mg/m2", ["mg/m2", "mg/m²"]), ("m2", ["m2", "m²"]), ("g/L", ["g/L"]),
        ("mg/dL", ["mg/dL"]), ("ng/mL", ["ng/mL"]), ("pg/mL", ["pg/mL"]), ("U/L", ["U/L"]), ("U/mL", ["U/mL"]),
        ("umol/L", ["umol/L", "µmol/L", "μmol/L"]), ("mmol/L", ["mmol/L"]), ("10*9/L", ["10*9/L", "10^9/L", "G/L"]),
        ("/uL", ["/uL", "/µL", "/μL"]), ("mm[Hg]", ["mm[Hg]", "mmHg"]), ("Cel", ["Cel", "°C", "℃"]),
        ("{packyears}", ["{packyears}", "pack-years", "packyears"]), ("{score}", ["{score}", "points"]),
    ]

    /// Reads a unit as people type it.
    ///
    /// - Throws: `.illFormedValue` for an unknown unit, naming one that differs only in capitals.
    package init(parsing text: String) throws(RecordError) {
        let typed = TypedText.folded(text)
        if let unit = Self.known.first(where: { $0.typed.contains(typed) }) {
            code = unit.code
            return
        }
        let near = Self.known.first { unit in unit.typed.contains { $0.lowercased() == typed.lowercased() } }
        throw RecordError(
            .illFormedValue,
            "\"\(text)\" is not a unit that is known here.",
            remedy: near.map { "Did you mean \($0.code)? Capitals matter in units." }
                ?? "Use one of \(Self.known.map(\.code).joined(separator: " "))."
        )
    }

    /// A unit as stored, known or not.
    package init(stored code: String) {
        self.code = code
    }

    /// A mass or volume that is given.
    package var isAmountOfDrug: Bool { ["g", "mg", "ug", "mL"].contains(code) }

    package var isDose: Bool {
        self == .gray || self == .centigray || self == .grayRelativeBiologicalEffect
    }
}

extension MeasureUnit: CustomStringConvertible {
    package var description: String { code }
}
