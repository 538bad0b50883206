package import Schema

/// The dose of a drug as it is ordered, and what it is calculated from, which its unit says.
package struct DrugDose: Hashable, Sendable {
    /// As in the record.
    package enum Basis: String, Hashable, Sendable, CaseIterable {
        case flat
        case perKilogram = "mg/kg"
        case perSquareMetre = "mg/m2"
        /// mg/mL × min, without a unit: carboplatin.
        case areaUnderCurve = "AUC"
    }

    package let amount: Measure
    package let basis: Basis

    /// Reads `1500 mg`, `10 mg/kg`, `75 mg/m2`, `AUC 5`.
    ///
    /// - Parameter text: As typed.
    /// - Throws: `.illFormedValue` for what is no positive amount of a drug; its unit is never assumed.
    package init(parsing text: String) throws(RecordError) {
        let folded = TypedText.folded(text)
        if folded.uppercased().hasPrefix(Basis.areaUnderCurve.rawValue) {
            let number = folded.dropFirst(Basis.areaUnderCurve.rawValue.count)
            try self.init(Measure(parsing: String(number.drop { $0 == " " })), .areaUnderCurve)
        } else {
            let amount = try Measure(parsing: text)
            try self.init(amount, Self.basis(of: amount))
        }
    }

    /// - Throws: `.illFormedValue` for a recorded order without a dose, and a basis its unit contradicts.
    package init(_ order: DrugOrder) throws(RecordError) {
        let amount = try Measure(order.dose)
        let isAreaUnderCurve = amount.unit == nil && order.basis == Basis.areaUnderCurve.rawValue
        let basis = isAreaUnderCurve ? .areaUnderCurve : try Self.basis(of: amount)
        guard !order.hasBasis || order.basis == basis.rawValue else {
            throw RecordError(
                .illFormedValue,
                "A dose of \(amount) is not calculated from \(order.basis).",
                remedy: "Correct the unit of the dose."
            )
        }
        try self.init(amount, basis)
    }

    private init(_ amount: Measure, _ basis: Basis) throws(RecordError) {
        guard amount.comparator == .equal, amount.value.isPositive else {
            throw RecordError(
                .illFormedValue,
                "\(amount) is not a dose that can be given.",
                remedy: "Write a positive number and its unit, for example 1500 mg."
            )
        }
        self.amount = amount
        self.basis = basis
    }

    private static func basis(of amount: Measure) throws(RecordError) -> Basis {
        guard let unit = amount.unit else {
            throw RecordError(
                .illFormedValue,
                "\(amount) has no unit.",
                remedy: "Write it: 1500 mg, 10 mg/kg, 75 mg/m2, or AUC 5. None is assumed."
            )
        }
        if let basis = Basis(rawValue: unit.code), basis != .flat { return basis }
        guard unit.isAmountOfDrug else {
            throw RecordError(
                .illFormedValue,
                "\(amount) is not an amount of a drug.",
                remedy: "Write mg, ug, g, mL, mg/kg, mg/m2 or AUC."
            )
        }
        return .flat
    }
}

extension DrugOrder {
    /// Writes both, which mean something only together.
    package mutating func setDose(_ ordered: DrugDose) {
        dose = ordered.amount.schema
        basis = ordered.basis.rawValue
    }
}

extension DrugDose: CustomStringConvertible {
    /// `10 mg/kg`, `AUC 5`.
    package var description: String { basis == .areaUnderCurve ? "\(basis.rawValue) \(amount)" : "\(amount)" }
}
