package import Schema

/// What a drug order has to satisfy to be ordered. An order that breaks a rule is refused; the same found in one that is
/// already recorded, for example in an outside hospital's letter, is a ``Finding``.
package enum DrugRules {
    /// Days between two doses.
    package static let intervals: ClosedRange<UInt32> = 1...365
    package static let cycles: ClosedRange<UInt32> = 1...99

    /// - Throws: `.refusedOrder` with field, rule and remedy, for the first rule that is broken.
    package static func refuseUnlessOrderable(_ order: DrugOrder) throws(RecordError) {
        if let problem = problems(of: order).first {
            throw RecordError(.refusedOrder, problem.message, remedy: problem.remedy, at: "drug")
        }
    }

    /// Everything a recorded order breaks, in a fixed order.
    package static func findings(of order: DrugOrder, record: RecordID) -> [Finding] {
        problems(of: order).map { problem in
            Finding(
                record: record,
                kind: .order,
                field: "drug",
                value: problem.value,
                rule: "drug.\(problem.rule)",
                message: problem.message,
                remedy: problem.remedy
            )
        }
    }

    private typealias Problem = (rule: String, value: String, message: String, remedy: String)

    private static func problems(of order: DrugOrder) -> [Problem] {
        var problems: [Problem] = []
        if order.drug.words.isEmpty { problems.append(("name", "", "The order names no drug.", "Name it.")) }
        if order.hasDose {
            do throws(RecordError) {
                _ = try DrugDose(order)
            } catch {
                problems.append(("dose", "", error.message, error.remedy))
            }
        }
        if order.hasCycles, !cycles.contains(order.cycles) {
            problems.append(
                (
                    "cycles", String(order.cycles),
                    "An order has \(cycles.lowerBound) to \(cycles.upperBound) cycles, not \(order.cycles).",
                    "Give the number ordered, or none for as long as it helps."
                )
            )
        }
        return problems + scheduleProblems(order)
    }

    private static func scheduleProblems(_ order: DrugOrder) -> [Problem] {
        guard order.hasIntervalDays else {
            guard order.hasAnchor || order.hasEarlyDays || order.hasLateDays else { return [] }
            return [
                (
                    "interval", "",
                    "Days before and after, or what they are counted from, mean nothing without an interval.",
                    "Give the days between two doses."
                )
            ]
        }
        guard intervals.contains(order.intervalDays) else {
            return [
                (
                    "interval", String(order.intervalDays),
                    "Doses are \(intervals.lowerBound) to \(intervals.upperBound) days apart, not \(order.intervalDays).",
                    "Give the days from one dose to the next."
                )
            ]
        }
        return [("early", order.earlyDays), ("late", order.lateDays)].compactMap { side, days in
            guard days >= order.intervalDays else { return nil }
            return (
                "tolerance", String(days),
                "\(days) days \(side) is as long as from one dose to the next, \(order.intervalDays).",
                "Give less than the interval."
            )
        }
    }
}
