package import Schema

/// A clinical date as far as it is known: year, month?, day?, time?; without a time it has no zone.
package struct PartialDate: Hashable, Sendable {
    /// What the parts are known to be.
    package enum Qualifier: String, Hashable, Sendable {
        case exact = ""
        case about = "about "
        case before = "before "
        case after = "after "
    }

    /// The parts, or a day counted from an origin nobody declared.
    package enum Form: Hashable, Sendable {
        case calendar(year: Int, month: Int?, day: Int?)
        /// Two of them differ by a number of days only where the origin is the same.
        case relative(day: Int32, origin: String)
    }

    package let form: Form
    package let qualifier: Qualifier
    /// 0 to 1439.
    package let minuteOfDay: Int?
    package let zoneOffsetMinutes: Int?
    /// The text as typed where it differs from ``description``.
    package private(set) var asTyped: String?

    /// - Returns: nil when there is no such date, a day comes without a month, or a time without a day.
    package init?(
        year: Int,
        month: Int? = nil,
        day: Int? = nil,
        minuteOfDay: Int? = nil,
        zoneOffsetMinutes: Int? = nil,
        qualifier: Qualifier = .exact
    ) {
        guard (1...9999).contains(year), day == nil || month != nil, minuteOfDay == nil || day != nil,
            CivilDay(year: year, month: month ?? 1, day: day ?? 1) != nil,
            minuteOfDay.map({ (0..<1440).contains($0) }) ?? true
        else { return nil }
        form = .calendar(year: year, month: month, day: day)
        self.minuteOfDay = minuteOfDay
        self.zoneOffsetMinutes = zoneOffsetMinutes
        self.qualifier = qualifier
    }

    package init(_ day: CivilDay) {
        let parts = day.components
        form = .calendar(year: parts.year, month: parts.month, day: parts.day)
        qualifier = .exact
        minuteOfDay = nil
        zoneOffsetMinutes = nil
    }

    package init(relativeDay: Int32, origin: String) {
        form = .relative(day: relativeDay, origin: origin)
        qualifier = .exact
        minuteOfDay = nil
        zoneOffsetMinutes = nil
    }

    /// The same date that remembers how it was typed.
    package func typed(as text: String) -> PartialDate {
        var date = self
        date.asTyped = text == description ? nil : text
        return date
    }
}

extension PartialDate {
    /// The first and the last day it may be; nil where that side is open. A relative day is open on both.
    package var interval: (earliest: CivilDay?, latest: CivilDay?) {
        guard case .calendar(let year, let month, let day) = form, qualifier != .about else { return (nil, nil) }
        let lastMonth = month ?? 12
        let first = CivilDay(year: year, month: month ?? 1, day: day ?? 1)
        let last = CivilDay(
            year: year,
            month: lastMonth,
            day: day ?? CivilDay.days(inMonth: lastMonth, of: year)
        )
        return switch qualifier {
        case .before: (nil, first?.advanced(byDays: -1))
        case .after: (last?.advanced(byDays: 1), nil)
        case .exact, .about: (first, last)
        }
    }

    /// The day, when it is one.
    package var day: CivilDay? {
        let interval = interval
        return interval.earliest == interval.latest ? interval.earliest : nil
    }

    /// Whether this date lies before `other`, decided only when every day either may be decides it alike.
    package func isBefore(_ other: PartialDate) -> Verdict {
        if case .relative(let one, let origin) = form, case .relative(let two, let otherOrigin) = other.form {
            return origin == otherOrigin ? (one < two ? .pass : .fail) : .unknown
        }
        if let latest = interval.latest, let earliest = other.interval.earliest, latest < earliest { return .pass }
        if let earliest = interval.earliest, let latest = other.interval.latest, earliest >= latest {
            if let mine = minuteOfDay, let theirs = other.minuteOfDay, day == other.day,
                zoneOffsetMinutes == other.zoneOffsetMinutes
            {
                return mine < theirs ? .pass : .fail
            }
            return .fail
        }
        return .unknown
    }

    /// Days from this date to `other`; nil where either is no single day, or relative to another origin.
    package func days(to other: PartialDate) -> Int64? {
        if case .relative(let one, let origin) = form, case .relative(let two, let otherOrigin) = other.form {
            return origin == otherOrigin ? Int64(two) - Int64(one) : nil
        }
        guard let from = day, let to = other.day else { return nil }
        return from.days(to: to)
    }
}

extension PartialDate {
    /// - Throws: `.illFormedValue` for a stored date that is none.
    package init(_ date: ClinicalDate) throws(RecordError) {
        if date.hasRelativeDay {
            self.init(relativeDay: date.relativeDay, origin: date.relativeOrigin)
        } else {
            let qualifier: Qualifier =
                switch date.qualifier {
                case .unspecified: .exact
                case .about: .about
                case .before: .before
                case .after: .after
                default: throw RecordError(.illFormedValue, "The date is qualified as a newer version does.")
                }
            let parsed = PartialDate(
                year: Int(date.year),
                month: date.hasMonth ? Int(date.month) : nil,
                day: date.hasDay ? Int(date.day) : nil,
                minuteOfDay: date.hasMinuteOfDay ? Int(date.minuteOfDay) : nil,
                zoneOffsetMinutes: date.hasZoneOffsetMinutes ? Int(date.zoneOffsetMinutes) : nil,
                qualifier: qualifier
            )
            guard let parsed else { throw RecordError(.illFormedValue, "There is no such date.") }
            self = parsed
        }
        asTyped = date.hasAsTyped ? date.asTyped : nil
    }

    /// nil for a stored date that is none.
    package init?(ifReadable date: ClinicalDate) {
        do throws(RecordError) { self = try PartialDate(date) } catch { return nil }
    }

    package var schema: ClinicalDate {
        var date = ClinicalDate()
        switch form {
        case .calendar(let year, let month, let day):
            date.year = Int32(year)
            if let month { date.month = UInt32(month) }
            if let day { date.day = UInt32(day) }
        case .relative(let day, let origin):
            date.relativeDay = day
            date.relativeOrigin = origin
        }
        if let minuteOfDay { date.minuteOfDay = UInt32(minuteOfDay) }
        if let zoneOffsetMinutes { date.zoneOffsetMinutes = Int32(zoneOffsetMinutes) }
        switch qualifier {
        case .exact: break
        case .about: date.qualifier = .about
        case .before: date.qualifier = .before
        case .after: date.qualifier = .after
        }
        if let asTyped { date.asTyped = asTyped }
        return date
    }
}

extension PartialDate: CustomStringConvertible {
    /// `2024-03`, `about 2024`, `2024-03-05 14:30`, `day 18556`.
    package var description: String {
        func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
        switch form {
        case .relative(let day, _): return "day \(day)"
        case .calendar(let year, let month, let day):
            var text = String(repeating: "0", count: max(0, 4 - String(year).utf8.count)) + String(year)
            if let month { text += "-" + two(month) }
            if let day { text += "-" + two(day) }
            if let minuteOfDay { text += " " + two(minuteOfDay / 60) + ":" + two(minuteOfDay % 60) }
            return qualifier.rawValue + text
        }
    }
}
