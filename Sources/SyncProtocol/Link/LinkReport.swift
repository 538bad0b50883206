import Schema

/// How a site's link stands, as its daemon says and as it writes it down.
package struct LinkReport: Hashable, Sendable {
    package var rules: LinkRules
    package var usage: LinkUsage
    /// For how long the link is open although no window is; nil when it is not.
    package var leaveSeconds: Int?

    package init(rules: LinkRules = LinkRules(), usage: LinkUsage = LinkUsage(), leaveSeconds: Int? = nil) {
        self.rules = rules
        self.usage = usage
        self.leaveSeconds = leaveSeconds
    }

    var wire: WireControlLink {
        var wire = WireControlLink()
        wire.windows = rules.windows.texts
        if let limit = rules.budget.dayBytes { wire.dayBudgetBytes = limit }
        if let limit = rules.budget.monthBytes { wire.monthBudgetBytes = limit }
        if let cost = rules.costPerMegabyte { wire.costPerMegabyte = cost }
        wire.currency = rules.currency
        wire.day = usage.day
        wire.dayBytes = usage.dayBytes
        wire.month = usage.month
        wire.monthBytes = usage.monthBytes
        if let leaveSeconds { wire.leaveSeconds = UInt32(clamping: leaveSeconds) }
        return wire
    }

    /// - Throws: `.illFormed` for windows and costs that can not be.
    init(_ wire: WireControlLink) throws(SyncError) {
        var rules = LinkRules()
        if !wire.windows.isEmpty {
            guard let windows = LinkWindows(wire.windows) else {
                throw SyncError(.illFormed, "The windows of the link are not understood.")
            }
            rules.windows = windows
        }
        if wire.hasDayBudgetBytes { rules.budget.dayBytes = wire.dayBudgetBytes }
        if wire.hasMonthBudgetBytes { rules.budget.monthBytes = wire.monthBudgetBytes }
        if wire.hasCostPerMegabyte {
            guard wire.costPerMegabyte.isFinite, wire.costPerMegabyte >= 0 else {
                throw SyncError(.illFormed, "A cost is a number that is not negative.")
            }
            rules.costPerMegabyte = wire.costPerMegabyte
        }
        rules.currency = String(wire.currency.prefix(LinkRules.currencyLengthMaximum))
        self.init(
            rules: rules,
            usage: LinkUsage(
                day: wire.day,
                dayBytes: wire.dayBytes,
                month: wire.month,
                monthBytes: wire.monthBytes
            ),
            leaveSeconds: wire.hasLeaveSeconds ? Int(wire.leaveSeconds) : nil
        )
    }
}
