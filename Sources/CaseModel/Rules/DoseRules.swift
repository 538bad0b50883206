package import Schema

/// Rules on doses given: facts are kept, and what breaks a rule is listed.
package enum DoseRules {
    /// Everything, ``GivenRules`` too, in the order of findings.
    ///
    /// `everOrdered`: the order as it is and as it was, for a dose was right by the order of its day.
    static func findings(
        in given: GivenRecords,
        order: OrderBody,
        ordered: DrugOrder?,
        everOrdered: [DrugOrder]
    ) -> [Finding] {
        var findings = GivenRules.findings(in: given, order: order)
        guard let ordered else { return findings.sorted() }
        let flatDoses = everOrdered.compactMap(flatDose)
        let suspected = Set(given.suspectedDuplicates.flatMap(\.self))
        var before: [GivenLine] = []
        for line in given.lines where line.countsForPlan {
            let cycle = line.number ?? UInt32(before.count) + 1
            if ordered.hasCycles, cycle > ordered.cycles {
                findings.append(
                    GivenRules.finding(
                        .drug,
                        line.record,
                        field: "cycle",
                        value: String(cycle),
                        rule: "beyond-order",
                        "Cycle \(cycle) of an order of \(ordered.cycles).",
                        "Correct the cycle, or revise the order."
                    )
                )
            }
            if !suspected.contains(line.record) { findings += dayFindings(line, after: before, ordered) }
            findings += amountFindings(line, flatDoses)
            before.append(line)
        }
        return findings.sorted()
    }

    /// Outside of the days the order allows. Before its day is early unless the order says otherwise, for a drug that is given
    /// too soon may do harm; how late is too late only the order says. The first dose has no day it could be early for.
    private static func dayFindings(_ line: GivenLine, after before: [GivenLine], _ ordered: DrugOrder) -> [Finding] {
        guard !before.isEmpty, let day = line.date?.day, let due = DoseBook.day(after: before, ordered) else {
            return []
        }
        let days = due.days(to: day)
        func finding(_ rule: String, _ words: String, _ allowed: UInt32) -> [Finding] {
            [
                GivenRules.finding(
                    .drug,
                    line.record,
                    field: "date",
                    value: String(describing: day),
                    rule: rule,
                    "Given \(abs(days)) days \(words) its day, \(due); the order allows \(allowed).",
                    "Correct the date if it is wrong; else give the reason in a note."
                )
            ]
        }
        if days < 0, -days > Int64(ordered.earlyDays) {
            return finding("early", "before", ordered.earlyDays)
        }
        if ordered.hasLateDays, days > Int64(ordered.lateDays) { return finding("late", "after", ordered.lateDays) }
        return []
    }

    /// A flat dose is given as it is ordered; what is calculated from weight, surface or clearance differs each time.
    private static func amountFindings(_ line: GivenLine, _ flatDoses: [Measure]) -> [Finding] {
        guard line.outcome == .given, let amount = line.dose, let dose = flatDoses.last,
            !flatDoses.contains(where: { $0.unit == amount.unit && $0.value.compare(to: amount.value) == 0 })
        else { return [] }
        return [
            GivenRules.finding(
                .drug,
                line.record,
                field: "amount",
                value: String(describing: amount),
                rule: "amount-differs",
                "The dose given is not the dose ordered, \(dose).",
                "Correct the record, or give the reason in a note."
            )
        ]
    }

    /// The amount that is given each time; nil where it is calculated, not said or not readable.
    package static func flatDose(_ ordered: DrugOrder) -> Measure? {
        guard ordered.hasDose else { return nil }
        do throws(RecordError) {
            let dose = try DrugDose(ordered)
            return dose.basis == .flat ? dose.amount : nil
        } catch {
            return nil
        }
    }
}
