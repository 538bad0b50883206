import CaseModel
import TestSupport
import Testing

@Suite("Schedules of fractions")
struct FractionScheduleTests {
    private static let calendar = "china_workdays/cn_holidays_and_makeup_workdays.csv"

    private func day(_ text: String) throws -> CivilDay {
        try #require(try PartialDate(parsing: text, today: nil).day)
    }

    private func schedule(_ start: String, _ fractions: Int, makeUp: Bool = true) throws -> FractionSchedule {
        try FractionSchedule(
            .init(start: day(start), fractions: fractions, usesMakeUpDays: makeUp),
            calendar: .china
        )
    }

    @Test(
        "thirty fractions over the Spring Festival, as in the clinical references",
        arguments: [(true, "2026-03-26", 45, 9, "2026-02-14"), (false, "2026-03-30", 49, 10, "2026-02-13")]
            as [(Bool, String, Int64, Int64, String)]
    )
    func springFestival(makeUp: Bool, last: String, elapsed: Int64, gap: Int64, after: String) throws {
        let schedule = try schedule("2026-02-09", 30, makeUp: makeUp)
        #expect(schedule.lastDate.description == last && schedule.elapsedDays == elapsed)
        #expect(schedule.uninterruptedElapsedDays == 39)
        #expect(schedule.longestGap.days == gap && schedule.longestGap.after.description == after)
        #expect(schedule.provisionalDates.isEmpty && !schedule.isStartMoved)
        #expect(schedule.dates.contains(try day("2026-02-28")) == makeUp)
    }

    @Test("beyond the last day that the calendar knows days are provisional, planned by weekday")
    func horizon() throws {
        let schedule = try schedule("2026-11-23", 30)
        #expect(schedule.lastDate.description == "2027-01-01")
        #expect(schedule.provisionalDates.map(\.description) == ["2027-01-01"])
        #expect(WorkdayCalendar.china.known?.upperBound.description == "2026-12-31")
        let long = try self.schedule("2003-12-29", 5)
        #expect(long.provisionalDates.map(\.description) == ["2003-12-29", "2003-12-30", "2003-12-31"])
    }

    @Test(
        "a start on a day without treatment moves to the next one",
        arguments: [("2026-02-15", "2026-02-24"), ("2026-02-28", "2026-02-28"), ("2026-03-01", "2026-03-02")]
    )
    func moved(start: String, first: String) throws {
        let schedule = try schedule(start, 2)
        #expect(schedule.firstDate.description == first && schedule.isStartMoved == (start != first))
    }

    @Test("several a day, and every so many days")
    func rhythm() throws {
        let twice = try FractionSchedule(
            .init(start: day("2026-03-02"), fractions: 5, perDay: 2),
            calendar: .china
        )
        #expect(
            twice.dates.map(\.description) == ["2026-03-02", "2026-03-02", "2026-03-03", "2026-03-03", "2026-03-04"]
        )
        let sparse = try FractionSchedule(
            .init(start: day("2026-03-02"), fractions: 4, everyDays: 2),
            calendar: .weekdays
        )
        #expect(sparse.dates.map(\.description) == ["2026-03-02", "2026-03-04", "2026-03-06", "2026-03-09"])
        #expect(sparse.longestGap.days == 2)
    }

    @Test(
        "what nobody plans is refused",
        arguments: [(0, 1, 1), (201, 1, 1), (30, 0, 1), (30, 4, 1), (30, 1, 0), (30, 1, 29)]
    )
    func refused(fractions: Int, perDay: Int, everyDays: Int) throws {
        let start = try day("2026-03-02")
        #expect(throws: RecordError.self) {
            try FractionSchedule.Plan(start: start, fractions: fractions, perDay: perDay, everyDays: everyDays)
        }
        let last = try FractionSchedule.Plan(start: day("9999-12-30"), fractions: 5)
        #expect(throws: RecordError.self) { try FractionSchedule(last, calendar: .china) }
    }

    @Test("no two days of any schedule are closer than its rule, and each is one of treatment")
    func anyStart() throws {
        let first = try day("2025-12-01")
        for offset in 0..<400 {
            for (perDay, everyDays) in [(1, 1), (2, 1), (1, 2), (1, 7)] {
                let start = try #require(first.advanced(byDays: Int64(offset)))
                let plan = try FractionSchedule.Plan(start: start, fractions: 12, perDay: perDay, everyDays: everyDays)
                let dates = try FractionSchedule(plan, calendar: .china).dates
                #expect(dates.count == 12)
                for date in dates { #expect(WorkdayCalendar.china.isTreatmentDay(date, usingMakeUpDays: true)) }
                for (one, next) in zip(dates, dates.dropFirst(perDay)) { #expect(one.days(to: next) >= everyDays) }
            }
        }
    }

    /// All days of the data where it is present: what is written down here is what was collected.
    @Test(
        "the calendar of China is that of the data",
        .enabled("the calendar of shared/data is not on this machine") { SharedData.has(Self.calendar) }
    )
    func data() throws {
        let table = try CSVTable(parsing: SharedData.bytes(Self.calendar))
        #expect(table.rows.count == 771)
        var (holidays, makeUpDays) = (Set<CivilDay>(), Set<CivilDay>())
        for row in table.rows {
            let date = try day(row.fields[0].text)
            if row.fields[1].text == "holiday" { holidays.insert(date) } else { makeUpDays.insert(date) }
        }
        let known = try #require(WorkdayCalendar.china.known)
        for number in known.lowerBound.number...known.upperBound.number {
            let date = try #require(CivilDay(number: number))
            #expect(WorkdayCalendar.china.isHoliday(date) == holidays.contains(date), "\(date)")
            #expect(WorkdayCalendar.china.isMakeUpDay(date) == makeUpDays.contains(date), "\(date)")
        }
    }
}
