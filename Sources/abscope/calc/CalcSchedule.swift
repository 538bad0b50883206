import ArgumentParser
import CaseModel

/// `abscope calc schedule`.
struct CalcSchedule: Calculation {
    static let configuration = CommandConfiguration("schedule", .calcSchedule)

    @OptionGroup var common: CalcOptions
    @Option(name: .long, help: .option(.scheduleStart)) var start: String
    @Option(name: .long, help: .option(.fractions)) var fractions: String
    @Option(name: .long, help: .option(.calendar)) var calendar: String
    @Flag(name: .long, help: .option(.noMakeUpDays)) var noMakeupDays = false
    @Option(name: .long, help: .option(.fractionsPerDay)) var perDay: String?
    @Option(name: .long, help: .option(.everyDays)) var everyDays: String?

    func answer() throws -> CalcAnswer {
        guard let first = try Values.date(start, of: "start").day else {
            throw Failure(.dataError, .notADay(start), at: "start")
        }
        let name: WorkdayCalendar.Name = try Values.choice(calendar, of: "calendar")
        let calendar = name.calendar
        let plan = try FractionSchedule.Plan(
            start: first,
            fractions: try Values.wholeNumber(fractions, of: "fractions", in: 1...200),
            perDay: try perDay.map { try Values.wholeNumber($0, of: "per-day", in: 1...3) } ?? 1,
            everyDays: try everyDays.map { try Values.wholeNumber($0, of: "every-days", in: 1...28) } ?? 1,
            usesMakeUpDays: !noMakeupDays
        )
        let schedule = try FractionSchedule(plan, calendar: calendar)
        var answer = CalcAnswer()
        answer.add(.startDate, String(describing: first))
        answer.add(.fractions, .whole(Int64(plan.fractions)))
        answer.add(.perDay, .whole(Int64(plan.perDay)))
        answer.add(.everyDays, .whole(Int64(plan.everyDays)))
        answer.add(.makeUpDays, .flag(plan.usesMakeUpDays))
        answer.add(.firstDate, String(describing: schedule.firstDate))
        answer.add(.lastDate, String(describing: schedule.lastDate))
        answer.add(.dates, list(schedule.dates))
        answer.add(.elapsedDays, .whole(schedule.elapsedDays))
        answer.add(.uninterruptedElapsedDays, .whole(schedule.uninterruptedElapsedDays))
        answer.add(.longestGapDays, .whole(schedule.longestGap.days))
        answer.add(.calendarVersion, calendar.version)
        answer.add(.calendarKnownUntil, calendar.known.map { String(describing: $0.upperBound) })
        answer.add(.provisionalDates, list(schedule.provisionalDates))
        answer.add(
            .warnings,
            .list(schedule.warnings(planned: plan.start, everyDays: plan.everyDays).map { .text(say($0)) })
        )
        return answer
    }

    private func list(_ dates: [CivilDay]) -> CalcAnswer.Value {
        .list(dates.map { .text(String(describing: $0)) })
    }
}
