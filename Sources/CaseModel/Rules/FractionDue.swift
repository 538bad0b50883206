package import Schema

/// Whether a fraction of a course is due on a day, counted by the course's calendar from its first fraction on.
package struct FractionDue: Hashable, Sendable {
    /// `fraction 12 of 30`.
    package var subject: String
    package var isOverdue: Bool
    /// Treatment days that passed without their fraction; nil when none did.
    package var daysOverdue: Int64?
    /// True where days are counted by weekdays, for the course names no calendar, or its calendar does not know them all.
    package var isProvisional: Bool

    /// The result is nil when nothing is due: the course is held, stopped, complete or not begun, something listed as a
    /// finding, a conflict or a change that has not come yet makes it uncertain, or today's fraction was given.
    package init?(_ book: FractionBook, order: OrderBody, state: RecordState, on day: CivilDay) {
        switch Vocabulary.term(order.state.value, as: Vocabulary.OrderState.self) {
        case .held, .completed, .stopped: return nil
        case .active, .resumed, nil: break
        }
        // What came before that day, as it was seen then: a later record changes no earlier day.
        let counted = book.lines.filter(\.countsForPlan)
        let before = counted.count { line in line.date?.day.map { $0 < day } ?? true }
        let onDay = counted.count { $0.date?.day == day }
        guard state.standing == .standing, state.pending.isEmpty, let course = book.prescribed,
            let next = book.number(after: before + onDay), let first = Self.firstDay(book, course: course),
            first <= day,
            let schedule = Self.schedule(course, from: first)
        else { return nil }
        subject = "fraction \(next) of \(course.fractions)"
        // What should have been given before today, and whether today's has been.
        let perDay = Int64(max(1, course.fractionsPerDay))
        let missing = Int64(schedule.dates.count { $0 < day } - before)
        let isDueToday = schedule.dates.contains(day) && onDay < perDay
        isProvisional = !course.hasCalendar || schedule.provisionalDates.contains { $0 <= day }
        if missing > 0 {
            isOverdue = true
            daysOverdue = (missing + perDay - 1) / perDay
        } else if isDueToday {
            isOverdue = false
            daysOverdue = nil
        } else {
            return nil
        }
    }

    /// As prescribed; the day of the first fraction of the plan where that came earlier, or no single day is prescribed.
    private static func firstDay(_ book: FractionBook, course: Course) -> CivilDay? {
        let begun = book.lines.filter(\.countsForPlan).compactMap { $0.date?.day }.min()
        guard course.hasFirstFraction else { return begun }
        do throws(RecordError) {
            return [try PartialDate(course.firstFraction).day, begun].compactMap(\.self).min()
        } catch {
            return begun
        }
    }

    /// nil for a course no schedule can be made of, which is a finding of it.
    private static func schedule(_ course: Course, from first: CivilDay) -> FractionSchedule? {
        do throws(RecordError) { return try course.schedule(from: first) } catch { return nil }
    }
}
