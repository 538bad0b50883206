/// The days a number of fractions falls on: a proposal, computed and never stored.
package struct FractionSchedule: Hashable, Sendable {
    /// What is planned.
    package struct Plan: Sendable {
        package var start: CivilDay
        /// 1 to 200.
        package var fractions: Int
        /// 1 to 3.
        package var perDay: Int
        /// Days from one day of treatment to the next, at least; 1 to 28.
        package var everyDays: Int
        package var usesMakeUpDays: Bool

        /// - Throws: `.illFormedValue` outside of the ranges.
        package init(
            start: CivilDay,
            fractions: Int,
            perDay: Int = 1,
            everyDays: Int = 1,
            usesMakeUpDays: Bool = true
        ) throws(RecordError) {
            guard (1...200).contains(fractions), (1...3).contains(perDay), (1...28).contains(everyDays) else {
                throw RecordError(
                    .illFormedValue,
                    "No course is planned so.",
                    remedy: "It has 1 to 200 fractions, 1 to 3 a day, and 1 to 28 days from one to the next."
                )
            }
            self.start = start
            self.fractions = fractions
            self.perDay = perDay
            self.everyDays = everyDays
            self.usesMakeUpDays = usesMakeUpDays
        }
    }

    /// One for each fraction, ascending; the same day again for the second of a day.
    package let dates: [CivilDay]
    /// What the same fractions would take if there were weekends and no holidays, from the same first day.
    package let uninterruptedElapsedDays: Int64
    /// Days of the schedule that the calendar does not know.
    package let provisionalDates: [CivilDay]
    /// Whether the plan's start is no day of treatment, and the first fraction later.
    package let isStartMoved: Bool

    /// - Throws: `.illFormedValue` beyond the year 9999.
    /// - Complexity: O(days from the first to the last).
    package init(_ plan: Plan, calendar: WorkdayCalendar) throws(RecordError) {
        dates = try Self.dates(plan, from: plan.start, calendar: calendar)
        isStartMoved = dates[0] != plan.start
        let weekdays = try Self.dates(plan, from: dates[0], calendar: .weekdays)
        uninterruptedElapsedDays = weekdays[0].days(to: weekdays[weekdays.count - 1])
        var provisional: [CivilDay] = []
        for date in dates where !calendar.knows(date) && provisional.last != date { provisional.append(date) }
        provisionalDates = provisional
    }

    private static func dates(
        _ plan: Plan,
        from start: CivilDay,
        calendar: WorkdayCalendar
    ) throws(RecordError) -> [CivilDay] {
        var dates: [CivilDay] = []
        var day: CivilDay? = start
        while dates.count < plan.fractions {
            guard let candidate = day else {
                throw RecordError(.illFormedValue, "The schedule does not end before the year 10000.")
            }
            guard calendar.isTreatmentDay(candidate, usingMakeUpDays: plan.usesMakeUpDays) else {
                day = candidate.advanced(byDays: 1)
                continue
            }
            for _ in 0..<min(plan.perDay, plan.fractions - dates.count) { dates.append(candidate) }
            day = candidate.advanced(byDays: Int64(plan.everyDays))
        }
        return dates
    }

    package var firstDate: CivilDay { dates[0] }
    package var lastDate: CivilDay { dates[dates.count - 1] }
    /// From the first day to the last: their difference.
    package var elapsedDays: Int64 { firstDate.days(to: lastDate) }

    /// The longest run of days without treatment between two fractions; 0 when there is none.
    package var longestGap: (days: Int64, after: CivilDay) {
        var longest: (days: Int64, after: CivilDay) = (0, firstDate)
        for (one, next) in zip(dates, dates.dropFirst()) {
            let days = one.days(to: next) - 1
            if days > longest.days { longest = (days, one) }
        }
        return longest
    }
}
