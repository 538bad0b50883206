import CaseModel
import Schema

extension FractionSchedule {
    /// A run of so many days without treatment is a warning; a weekend is shorter.
    private static let gapDaysMaximum: Int64 = 3

    /// What somebody should know before a course is planned so.
    ///
    /// * start: the day that was planned for the first fraction.
    /// * everyDays: from one day of treatment to the next.
    func warnings(planned start: CivilDay, everyDays: Int) -> [Message] {
        var warnings: [Message] = []
        if isStartMoved {
            warnings.append(.scheduleMoved(String(describing: start), to: String(describing: firstDate)))
        }
        if hasLongGap(everyDays: everyDays) {
            warnings.append(.scheduleGap(longestGap.days, after: String(describing: longestGap.after)))
        }
        if !provisionalDates.isEmpty { warnings.append(.scheduleProvisional(provisionalDates.count)) }
        return warnings
    }

    /// Whether it has a run of days without treatment that somebody has to give a reason for.
    func hasLongGap(everyDays: Int) -> Bool { longestGap.days > max(Self.gapDaysMaximum, Int64(everyDays) + 1) }

    /// Its ends, and how long it takes with the holidays and without them.
    func rendered(_ calendar: WorkdayCalendar, _ warnings: [Message]) -> RenderedValue {
        RenderedValue(
            say(
                .scheduleProposed(
                    from: String(describing: firstDate),
                    to: String(describing: lastDate),
                    days: elapsedDays,
                    uninterruptedDays: uninterruptedElapsedDays
                )
            ),
            .object([
                ("first_date", .string(String(describing: firstDate))),
                ("last_date", .string(String(describing: lastDate))), ("elapsed_days", .integer(elapsedDays)),
                ("uninterrupted_elapsed_days", .integer(uninterruptedElapsedDays)),
                ("longest_gap_days", .integer(longestGap.days)), ("calendar_version", .string(calendar.version)),
                ("provisional_dates", .array(provisionalDates.map { .string(String(describing: $0)) })),
                ("warnings", .array(warnings.map { .string(say($0)) })),
            ])
        )
    }
}
