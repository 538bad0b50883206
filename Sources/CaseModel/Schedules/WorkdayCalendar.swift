/// Which days a department treats on: Monday to Friday without holidays, and the working days that make up for them.
///
/// A calendar proposes and never forbids. It knows a range of days; any other is planned by its weekday, and provisional.
package struct WorkdayCalendar: Sendable {
    /// Names the calendar and its state: `china 2026-1`.
    package let version: String
    /// nil where every day is known: a calendar of weekdays alone.
    package let known: ClosedRange<CivilDay>?
    private let holidays: Set<CivilDay>
    private let makeUpDays: Set<CivilDay>

    /// A calendar that the program brings along.
    package enum Name: String, Hashable, Sendable, CaseIterable {
        case china, weekdays

        package var calendar: WorkdayCalendar {
            switch self {
            case .china: .china
            case .weekdays: .weekdays
            }
        }
    }

    /// The calendar a record names, in the newest state known here; nil for one of a newer version.
    package static func named(_ version: String) -> WorkdayCalendar? {
        Name(rawValue: String(version.prefix { $0 != " " }))?.calendar
    }

    /// Monday to Friday, whatever the day.
    package static let weekdays = WorkdayCalendar(version: "weekdays", known: nil, holidays: [], makeUpDays: [])

    private init(version: String, known: ClosedRange<CivilDay>?, holidays: Set<CivilDay>, makeUpDays: Set<CivilDay>) {
        self.version = version
        self.known = known
        self.holidays = holidays
        self.makeUpDays = makeUpDays
    }

    /// A calendar written down in the program.
    ///
    /// - Precondition: every day exists, and the years follow each other.
    init(
        version: String,
        years: [(year: Int, holidays: String, makeUpDays: String)],
        knownUntil: (year: Int, month: Int, day: Int)
    ) {
        func day(_ year: Int, _ digits: Substring) -> CivilDay {
            guard digits.utf8.count == 4, let number = Int(digits),
                let day = CivilDay(year: year, month: number / 100, day: number % 100)
            else { preconditionFailure("\(version) has no day \(year) \(digits)") }
            return day
        }
        func days(_ year: Int, _ text: String) -> [CivilDay] {
            text.split(separator: " ").flatMap { run in
                let ends = run.split(separator: "-").map { day(year, $0) }
                return (ends[0].number...ends[ends.count - 1].number).compactMap { CivilDay(number: $0) }
            }
        }
        guard let first = years.first.flatMap({ CivilDay(year: $0.year, month: 1, day: 1) }),
            let last = CivilDay(year: knownUntil.year, month: knownUntil.month, day: knownUntil.day)
        else { preconditionFailure("\(version) knows no day") }
        self.init(
            version: version,
            known: first...last,
            holidays: Set(years.flatMap { days($0.year, $0.holidays) }),
            makeUpDays: Set(years.flatMap { days($0.year, $0.makeUpDays) })
        )
    }

    package func knows(_ day: CivilDay) -> Bool { known?.contains(day) ?? true }

    package func isHoliday(_ day: CivilDay) -> Bool { holidays.contains(day) }

    /// A Saturday or Sunday on which everybody works.
    package func isMakeUpDay(_ day: CivilDay) -> Bool { makeUpDays.contains(day) }

    /// Whether it is planned to treat on a day.
    ///
    /// - Parameters:
    ///   - day: Any.
    ///   - usingMakeUpDays: Whether the department treats on those.
    /// - Returns: Whether; beyond the known days by the weekday alone.
    package func isTreatmentDay(_ day: CivilDay, usingMakeUpDays: Bool) -> Bool {
        if isHoliday(day) { return false }
        return !day.isWeekend || usingMakeUpDays && isMakeUpDay(day)
    }
}
