package import Schema

/// The site's wall clock when an entry was made, with what was known about its quality. Orders nothing.
package struct RecordedMoment: Hashable, Sendable {
    /// Since 1970-01-01T00:00:00Z.
    package var milliseconds: Int64
    /// East of Greenwich.
    package var zoneOffsetMinutes: Int32
    /// The last measured difference to another site's clock (theirs minus ours); nil when never measured.
    package var peerOffsetMilliseconds: Int64?
    /// How long before this moment that was.
    package var peerOffsetAgeSeconds: UInt64?

    package init(
        milliseconds: Int64,
        zoneOffsetMinutes: Int32,
        peerOffsetMilliseconds: Int64? = nil,
        peerOffsetAgeSeconds: UInt64? = nil
    ) {
        self.milliseconds = milliseconds
        self.zoneOffsetMinutes = zoneOffsetMinutes
        self.peerOffsetMilliseconds = peerOffsetMilliseconds
        self.peerOffsetAgeSeconds = peerOffsetAgeSeconds
    }

    package init(_ moment: Moment) {
        milliseconds = moment.millisecondsSinceEpoch
        zoneOffsetMinutes = moment.zoneOffsetMinutes
        peerOffsetMilliseconds = moment.hasPeerOffsetMilliseconds ? moment.peerOffsetMilliseconds : nil
        peerOffsetAgeSeconds = moment.hasPeerOffsetAgeSeconds ? moment.peerOffsetAgeSeconds : nil
    }

    package var schema: Moment {
        var moment = Moment()
        moment.millisecondsSinceEpoch = milliseconds
        moment.zoneOffsetMinutes = zoneOffsetMinutes
        if let peerOffsetMilliseconds { moment.peerOffsetMilliseconds = peerOffsetMilliseconds }
        if let peerOffsetAgeSeconds { moment.peerOffsetAgeSeconds = peerOffsetAgeSeconds }
        return moment
    }

    /// Milliseconds of the local wall clock; saturates for clocks that no one has.
    package var localMilliseconds: Int64 {
        let (sum, overflow) = milliseconds.addingReportingOverflow(Int64(zoneOffsetMinutes) * 60_000)
        return overflow ? (milliseconds < 0 ? .min : .max) : sum
    }

    /// The calendar day at the site; nil for a clock outside the years 1 to 9999.
    package var day: CivilDay? {
        CivilDay(number: Self.floored(localMilliseconds, by: 86_400_000))
    }

    /// Minutes after the site's midnight, 0 to 1439.
    package var minuteOfDay: Int {
        let day = Self.floored(localMilliseconds, by: 86_400_000)
        let start = day.multipliedReportingOverflow(by: 86_400_000)
        return start.overflow ? 0 : Int((localMilliseconds - start.partialValue) / 60_000)
    }

    private static func floored(_ value: Int64, by divisor: Int64) -> Int64 {
        value / divisor - (value % divisor < 0 ? 1 : 0)
    }
}

extension RecordedMoment: CustomStringConvertible {
    /// `2026-11-21 05:40` in the site's own time.
    package var description: String {
        let minutes = minuteOfDay
        let clock = [minutes / 60, minutes % 60].map { ($0 < 10 ? "0" : "") + String($0) }.joined(separator: ":")
        return (day.map(String.init(describing:)) ?? "(no such date)") + " " + clock
    }
}
