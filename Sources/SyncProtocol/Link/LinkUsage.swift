/// Bytes that went over a site's link in both directions, today and this month.
package struct LinkUsage: Hashable, Sendable {
    /// A day or a month, and what went over the link in it.
    private struct Span: Hashable {
        var number: Int64 = 0
        var bytes: UInt64 = 0
    }

    /// The span the clock is in, and the one it was in before.
    private struct Count: Hashable {
        var now = Span()
        /// The last one that was counted in.
        var former: Span?

        mutating func add(_ bytes: UInt64, in number: Int64) {
            if number != now.number {
                // Who is set back goes on with what was counted; who comes to a span again, with what was counted there.
                var next = Span(number: number, bytes: number < now.number ? now.bytes : 0)
                if let former, former.number == number { next.bytes = max(next.bytes, former.bytes) }
                if now.bytes > 0 { former = now }
                now = next
            }
            let (sum, isTooLarge) = now.bytes.addingReportingOverflow(bytes)
            now.bytes = isTooLarge ? .max : sum
        }
    }

    private var days = Count()
    private var months = Count()

    /// Local days after 1970-01-01.
    package var day: Int64 { days.now.number }
    package var dayBytes: UInt64 { days.now.bytes }
    /// Local months after year 0.
    package var month: Int64 { months.now.number }
    package var monthBytes: UInt64 { months.now.bytes }

    package init() {}

    /// As it was written down.
    package init(day: Int64, dayBytes: UInt64, month: Int64, monthBytes: UInt64) {
        days.now = Span(number: day, bytes: dayBytes)
        months.now = Span(number: month, bytes: monthBytes)
    }

    /// Counts bytes; a new day and a new month begin with nothing.
    ///
    /// A clock that is set back begins nothing anew: what was counted goes on to count until the day, or month, is over that
    /// the clock then says. So one that was years ahead for a minute gives nothing away and keeps nothing closed, and one
    /// that begins in 1970 at each start comes back to what was counted today.
    package mutating func add(_ bytes: UInt64, at moment: LinkMoment) {
        days.add(bytes, in: moment.day)
        months.add(bytes, in: moment.month)
    }
}

/// How many bytes a site's link may carry in both directions; nil for no limit.
package struct LinkBudget: Hashable, Sendable {
    /// Of one local day.
    package var dayBytes: UInt64?
    /// Of one local month.
    package var monthBytes: UInt64?

    package init(dayBytes: UInt64? = nil, monthBytes: UInt64? = nil) {
        self.dayBytes = dayBytes
        self.monthBytes = monthBytes
    }

    /// Bytes that are left, of the smaller of the two; nil without a budget.
    package func left(_ usage: LinkUsage, at moment: LinkMoment) -> UInt64? {
        var now = usage
        now.add(0, at: moment)
        let rests = [(dayBytes, now.dayBytes), (monthBytes, now.monthBytes)].compactMap { limit, used in
            limit.map { $0 > used ? $0 - used : 0 }
        }
        return rests.min()
    }
}
