/// Bytes that went over a site's link in both directions, today and this month.
package struct LinkUsage: Hashable, Sendable {
    /// Local days after 1970-01-01.
    package private(set) var day: Int64 = 0
    package private(set) var dayBytes: UInt64 = 0
    /// Local months after year 0.
    package private(set) var month: Int64 = 0
    package private(set) var monthBytes: UInt64 = 0

    package init() {}

    /// As it was written down.
    package init(day: Int64, dayBytes: UInt64, month: Int64, monthBytes: UInt64) {
        (self.day, self.dayBytes, self.month, self.monthBytes) = (day, dayBytes, month, monthBytes)
    }

    /// Counts bytes; a new day and a new month begin with nothing. A clock that goes back begins nothing anew: what was
    /// counted for a later day counts until that day is over.
    package mutating func add(_ bytes: UInt64, at moment: LinkMoment) {
        if moment.day > day { (day, dayBytes) = (moment.day, 0) }
        if moment.month > month { (month, monthBytes) = (moment.month, 0) }
        dayBytes = Self.sum(dayBytes, bytes)
        monthBytes = Self.sum(monthBytes, bytes)
    }

    private static func sum(_ one: UInt64, _ other: UInt64) -> UInt64 {
        let (sum, isTooLarge) = one.addingReportingOverflow(other)
        return isTooLarge ? .max : sum
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
