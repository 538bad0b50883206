/// When and how much a site's link may be used, and what a byte of it costs.
package struct LinkRules: Hashable, Sendable {
    package var windows = LinkWindows.always
    package var budget = LinkBudget()
    /// What a million bytes cost, in units of ``currency``; nil where it is not known.
    package var costPerMegabyte: Double?
    /// As it is shown: `EUR`.
    package var currency = ""
    /// Most letters of ``currency``.
    package static let currencyLengthMaximum = 8

    package init() {}

    /// Whether there is any window or budget.
    package var areAny: Bool { !windows.isAlwaysOpen || budget != LinkBudget() }

    /// What bytes cost, in units of ``currency``; nil where it is not known.
    package func cost(of bytes: UInt64) -> Double? { costPerMegabyte.map { Double(bytes) / 1e6 * $0 } }

    /// Whether the link may be used.
    package enum State: Hashable, Sendable {
        case open
        /// Outside of its windows.
        case waiting(openInSeconds: Int)
        /// The bytes of the day are used up, and come anew.
        case daySpent(openInSeconds: Int)
        /// Those of the month are used up.
        case monthSpent
    }

    /// How the link stands. A budget that is spent is said before a window that is closed.
    package func state(_ usage: LinkUsage, at moment: LinkMoment) -> State {
        var now = usage
        now.add(0, at: moment)
        if let limit = budget.monthBytes, now.monthBytes >= limit { return .monthSpent }
        if let limit = budget.dayBytes, now.dayBytes >= limit {
            let midnight = LinkMoment(day: moment.day + 1, month: moment.month, second: 0)
            return .daySpent(openInSeconds: 86_400 - moment.second + windows.secondsUntilOpen(at: midnight))
        }
        let wait = windows.secondsUntilOpen(at: moment)
        return wait == 0 ? .open : .waiting(openInSeconds: wait)
    }
}

extension LinkRules.State: CustomStringConvertible {
    package var description: String {
        switch self {
        case .open: "open"
        case .waiting(let seconds): "its window opens in \(seconds) s"
        case .daySpent(let seconds): "the bytes of the day are spent, new ones come in \(seconds) s"
        case .monthSpent: "the bytes of the month are spent"
        }
    }
}
