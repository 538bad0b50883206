package import Schema

/// The doses of one drug order: what was ordered, what was given, what comes next and when.
package struct DoseBook: Sendable {
    /// nil while the order is in conflict, pending or missing.
    package let ordered: DrugOrder?
    package let given: GivenRecords
    package let findings: [Finding]

    /// - Parameters:
    ///   - order: Of kind `order`, with a drug.
    ///   - given: Records of kind `given`; those of other orders are not looked at.
    ///   - missing: What is known to be missing here.
    package init(order: RecordState, given: [RecordState], missing: [MissingEntries] = []) {
        let body = order.settledBody(OrderBody.self).body
        ordered = body.hasDrug ? body.drug : nil
        self.given = GivenRecords(
            .drug,
            of: order,
            plan: ordered.map { $0.hasCycles ? .count($0.cycles) : .open } ?? .unknown,
            perDay: 1,
            given: given,
            missing: missing
        )
        findings = DoseRules.findings(
            in: self.given,
            order: body,
            ordered: ordered,
            everOrdered: order.history(of: OrderForm.drug.orderField, as: OrderBody.self).filter(\.hasDrug).map(\.drug)
        )
    }

    package var lines: [GivenLine] { given.lines }

    /// The cycle of the next dose; nil when the order is complete or uncertain.
    package var nextCycle: UInt32? { cycle(after: lines.filter(\.countsForPlan)) }

    /// The day of the next dose by the order, whatever it is today; nil where none is ordered, known or certain.
    package var nextDay: CivilDay? { ordered.flatMap { Self.day(after: lines.filter(\.countsForPlan), $0) } }

    /// The cycle that comes after some doses. A number that was recorded counts, for those before may be elsewhere.
    func cycle(after doses: [GivenLine]) -> UInt32? {
        guard given.isCertain else { return nil }
        let last = max(UInt32(doses.count), doses.compactMap(\.number).max() ?? 0)
        switch given.plan {
        case .unknown: return nil
        case .open: return last + 1
        case .count(let planned): return last < planned ? last + 1 : nil
        }
    }

    /// The day of the dose that comes after some doses, by date.
    static func day(after doses: [GivenLine], _ ordered: DrugOrder) -> CivilDay? {
        let planned = ordered.hasFirstDose ? PartialDate(ifReadable: ordered.firstDose)?.day : nil
        guard let first = doses.first, let last = doses.last else { return planned }
        guard ordered.hasIntervalDays else { return nil }
        let interval = Int64(ordered.intervalDays)
        switch ordered.anchor {
        case .lastDose: return last.date?.day?.advanced(byDays: interval)
        case .firstDose:
            guard let begun = planned ?? first.date?.day else { return nil }
            let cycles = max(Int64(doses.count), Int64(doses.compactMap(\.number).max() ?? 0))
            return begun.advanced(byDays: cycles * interval)
        default: return nil
        }
    }
}
