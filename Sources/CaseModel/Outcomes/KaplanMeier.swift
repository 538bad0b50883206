import Glibc

/// The share of a group that an event has not met yet, over time, where some were not observed to the end.
///
/// Kaplan and Meier, J Am Stat Assoc 1958; 53:457. Limits of 95 % are Greenwood's, on the log-log scale, as R's `survfit` has
/// them with `conf.type = "log-log"`.
package struct KaplanMeier: Sendable {
    /// For how long somebody was observed, and whether it ended with the event.
    package struct Subject: Hashable, Sendable {
        /// 0 or more.
        package var days: DecimalNumber
        package var isEvent: Bool

        package init(days: DecimalNumber, isEvent: Bool) {
            self.days = days
            self.isEvent = isEvent
        }
    }

    /// A time at which an event happened, or observation ended.
    package struct Step: Sendable {
        package var days: DecimalNumber
        package var atRisk: Int
        package var events: Int
        /// From this time on.
        package var survival: Double
        /// Of 95 %; nil where they can not be told, before the first event and when nobody is left.
        package var limits: (lower: Double, upper: Double)?
    }

    package static let formula = "Kaplan-Meier; limits of 95 %, log-log"

    /// Ascending.
    package let steps: [Step]
    package let subjects: Int
    package let events: Int

    /// Of the standard normal distribution, at 97.5 %.
    private static let quantile = 1.959963984540054
    /// What binary arithmetic may add to a half, as `survfit` allows for.
    private static let tolerance = 1e-9

    /// - Complexity: O(n log n).
    package init(_ subjects: [Subject]) {
        let sorted = subjects.sorted { $0.days.compare(to: $1.days) < 0 }
        var steps: [Step] = []
        var (survival, variance) = (1.0, 0.0)
        var index = 0
        while index < sorted.count {
            let days = sorted[index].days
            let atRisk = sorted.count - index
            var events = 0
            while index < sorted.count, sorted[index].days.compare(to: days) == 0 {
                if sorted[index].isEvent { events += 1 }
                index += 1
            }
            survival *= Double(atRisk - events) / Double(atRisk)
            variance += Double(events) / (Double(atRisk) * Double(atRisk - events))
            steps.append(
                Step(
                    days: days,
                    atRisk: atRisk,
                    events: events,
                    survival: survival,
                    limits: Self.limits(survival, variance)
                )
            )
        }
        self.steps = steps
        self.subjects = subjects.count
        events = subjects.count { $0.isEvent }
    }

    private static func limits(_ survival: Double, _ variance: Double) -> (lower: Double, upper: Double)? {
        guard survival > 0, survival < 1 else { return nil }
        let logarithm = log(survival)
        let width = exp(quantile * variance.squareRoot() / -logarithm)
        return (exp(logarithm * width), exp(logarithm / width))
    }

    /// The first time at which half or fewer are left; nil when it was not reached.
    package var medianDays: DecimalNumber? { first { $0.survival } }
    /// The same of the lower limit: the median is not below it.
    package var medianLowerDays: DecimalNumber? { first { $0.limits?.lower } }
    package var medianUpperDays: DecimalNumber? { first { $0.limits?.upper } }

    private func first(_ curve: (Step) -> Double?) -> DecimalNumber? {
        steps.first { curve($0).map { $0 <= 0.5 + Self.tolerance } ?? false }?.days
    }

    /// How many are left at a time, and how many were observed until then.
    ///
    /// - Returns: nil beyond the last observation when somebody was left then: nothing is known of that time.
    package func survival(atDays days: DecimalNumber) -> (survival: Double, atRisk: Int)? {
        let past = steps.prefix { $0.days.compare(to: days) <= 0 }
        let atRisk = steps.first { $0.days.compare(to: days) >= 0 }?.atRisk ?? 0
        guard atRisk > 0 || steps.last?.survival == 0 else { return nil }
        return (past.last?.survival ?? 1, atRisk)
    }
}
