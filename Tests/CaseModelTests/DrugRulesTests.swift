import CaseModel
import Schema
import Testing

@Suite struct DrugRulesTests {
    @Test(
        "the unit says what a dose is calculated from",
        arguments: [
            ("1500 mg", DrugDose.Basis.flat, "1500 mg"), ("10 mg/kg", .perKilogram, "10 mg/kg"),
            ("75 mg/m²", .perSquareMetre, "75 mg/m2"), ("AUC 5", .areaUnderCurve, "AUC 5"),
            ("auc5.5", .areaUnderCurve, "AUC 5.5"), ("４ ｍｇ", .flat, "4 mg"),
        ]
    )
    func basis(text: String, basis: DrugDose.Basis, shown: String) throws {
        let dose = try DrugDose(parsing: text)
        #expect(dose.basis == basis)
        #expect(String(describing: dose) == shown)
        var order = DrugOrder()
        order.setDose(dose)
        #expect(try DrugDose(order).basis == basis)
    }

    @Test(
        "what is no dose of a drug is refused",
        arguments: ["1500", "2 Gy", "<10 mg", "0 mg", "-5 mg", "AUC", "mg", "20 %"]
    )
    func noDose(text: String) {
        #expect(throws: RecordError.self) { try DrugDose(parsing: text) }
    }

    @Test func `an order that makes no sense is refused, and found where it is recorded`() throws {
        func problem(_ change: (inout DrugOrder) -> Void) throws -> [String] {
            var order = DrugOrder()
            order.drug = Coded(words: "durvalumab")
            order.setDose(try DrugDose(parsing: "1500 mg"))
            order.intervalDays = 28
            order.anchor = .lastDose
            change(&order)
            let findings = DrugRules.findings(of: order, record: RecordID(entry: Samples.reference(1)))
            if findings.isEmpty {
                try DrugRules.refuseUnlessOrderable(order)
            } else {
                #expect(throws: RecordError.self) { try DrugRules.refuseUnlessOrderable(order) }
            }
            return findings.map(\.rule)
        }
        #expect(try problem { _ in }.isEmpty)
        #expect(try problem { $0.clearDrug() } == ["drug.name"])
        #expect(try problem { $0.basis = "mg/kg" } == ["drug.dose"])
        #expect(try problem { $0.cycles = 0 } == ["drug.cycles"])
        #expect(try problem { $0.cycles = 100 } == ["drug.cycles"])
        #expect(try problem { $0.intervalDays = 0 } == ["drug.interval"])
        #expect(try problem { $0.intervalDays = 366 } == ["drug.interval"])
        #expect(try problem { $0.earlyDays = 27 }.isEmpty)
        #expect(try problem { $0.earlyDays = 28 } == ["drug.tolerance"])
        #expect(try problem { $0.lateDays = 28 } == ["drug.tolerance"])
        #expect(try problem { $0.clearIntervalDays() } == ["drug.interval"])
    }

    @Test func `a reduction is less of the same`() throws {
        var order = DrugOrder()
        order.setDose(try DrugDose(parsing: "AUC 5"))
        try OrderRules.refuseUnlessLess(DrugDose(parsing: "AUC 4"), than: order)
        try OrderRules.refuseUnlessLess(DrugDose(parsing: "400 mg"), than: order)
        #expect(throws: RecordError.self) { try OrderRules.refuseUnlessLess(DrugDose(parsing: "AUC 5"), than: order) }
        #expect(throws: RecordError.self) { try OrderRules.refuseUnlessLess(DrugDose(parsing: "AUC 6"), than: order) }
    }
}
