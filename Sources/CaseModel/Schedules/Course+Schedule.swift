package import Schema

extension Course {
    /// The calendar its days go by; nil where it names one that is not known here. A course that names none goes by weekdays.
    package var workdays: WorkdayCalendar? { hasCalendar ? .named(calendar) : .weekdays }

    /// The days of its fractions, from a first day on: a proposal.
    ///
    /// - Parameter first: The planned day of the first fraction, or the one it was given on.
    /// - Returns: nil where its calendar is not known here.
    /// - Throws: `.illFormedValue` for numbers no course is planned with.
    package func schedule(from first: CivilDay) throws(RecordError) -> FractionSchedule? {
        guard let workdays else { return nil }
        return try FractionSchedule(
            FractionSchedule.Plan(
                start: first,
                fractions: Int(fractions),
                perDay: max(1, Int(fractionsPerDay)),
                everyDays: max(1, Int(everyDays)),
                usesMakeUpDays: !leavesOutMakeUpDays
            ),
            calendar: workdays
        )
    }
}
