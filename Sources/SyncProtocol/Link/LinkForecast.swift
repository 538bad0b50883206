/// When something of a known size will have gone over a link, by the rules of that link and at its measured rate.
package struct LinkForecast: Hashable, Sendable {
    /// Bytes to go.
    package let bytes: UInt64
    /// Bytes that go before the link closes: at the end of the window that is open or opens next, or because a budget is
    /// spent. All of them when it does not close before.
    package let bytesBeforeClose: UInt64
    /// What will close the link before all has gone; nil when nothing will.
    package let limit: Limit?
    /// Seconds from now to the moment the link closes; nil where it does not before all has gone.
    package let closesInSeconds: Int?
    /// Seconds from now, closed windows and spent days included, until all has gone; nil when that takes longer than a year,
    /// or a month's budget is in the way.
    package let doneInSeconds: Int?

    /// What closes a link.
    package enum Limit: Hashable, Sendable {
        case window, dayBudget, monthBudget
    }

    /// What of it goes before the link closes, 0 to 1.
    package var shareBeforeClose: Double { bytes == 0 ? 1 : Double(bytesBeforeClose) / Double(bytes) }

    /// - Parameters:
    ///   - bytes: To go, both directions together.
    ///   - bytesPerSecond: At least 1.
    ///   - rules: Of the link.
    ///   - usage: Of the link so far.
    ///   - moment: Now.
    package init(
        bytes: UInt64,
        bytesPerSecond: UInt64,
        rules: LinkRules,
        usage: LinkUsage,
        at moment: LinkMoment
    ) {
        self.bytes = bytes
        var walk = Walk(rules, usage, moment, rate: max(1, bytesPerSecond))
        let first = walk.useNextOpening(bytes)
        bytesBeforeClose = first.bytes
        guard first.bytes < bytes else {
            (limit, closesInSeconds, doneInSeconds) = (nil, nil, walk.passed)
            return
        }
        (limit, closesInSeconds) = (first.limit, walk.passed)
        var left = bytes - first.bytes
        while left > 0, walk.passed < Walk.yearSeconds {
            let next = walk.useNextOpening(left)
            guard next.limit != .monthBudget || next.bytes == left else { break }
            left -= next.bytes
        }
        doneInSeconds = left == 0 ? walk.passed : nil
    }

    /// Goes on in time from one opening of the link to the next.
    private struct Walk {
        static let yearSeconds = 366 * 86_400
        let rules: LinkRules
        var usage: LinkUsage
        var moment: LinkMoment
        let rate: UInt64
        /// Seconds since the beginning.
        var passed = 0

        init(_ rules: LinkRules, _ usage: LinkUsage, _ moment: LinkMoment, rate: UInt64) {
            (self.rules, self.usage, self.moment, self.rate) = (rules, usage, moment, rate)
        }

        /// Waits for the link to open, and sends until all has gone, the window closes, or a budget is spent.
        mutating func useNextOpening(_ bytes: UInt64) -> (bytes: UInt64, limit: Limit?) {
            switch rules.state(usage, at: moment) {
            case .open: break
            case .waiting(let seconds), .daySpent(let seconds): pass(seconds)
            case .monthSpent: return (0, .monthBudget)
            }
            guard case .open = rules.state(usage, at: moment) else { return (0, .monthBudget) }
            var sent: UInt64 = 0
            while sent < bytes {
                // A day at a time, for each has bytes of its own.
                let untilClosed = rules.windows.secondsUntilClosed(at: moment) ?? .max
                let seconds = min(untilClosed, 86_400 - moment.second)
                let (fit, isEndless) = rate.multipliedReportingOverflow(by: UInt64(seconds))
                let budget = rules.budget.left(usage, at: moment)
                let possible = min(isEndless ? .max : fit, budget ?? .max, bytes - sent)
                let needed = min(seconds, Int(clamping: possible / rate + (possible % rate == 0 ? 0 : 1)))
                usage.add(possible, at: moment)
                sent += possible
                let isSpent = budget == possible && sent < bytes
                pass(isSpent || sent == bytes ? needed : seconds)
                if isSpent {
                    if case .monthSpent = rules.state(usage, at: moment) { return (sent, .monthBudget) }
                    return (sent, .dayBudget)
                }
                if sent < bytes, seconds == untilClosed { return (sent, .window) }
                guard passed < Self.yearSeconds else { break }
            }
            return (sent, nil)
        }

        private mutating func pass(_ seconds: Int) {
            passed += seconds
            let second = moment.second + seconds
            let days = Int64(second / 86_400)
            // About when a month ends is near enough for a forecast of months.
            moment = LinkMoment(day: moment.day + days, month: moment.month, second: second % 86_400)
        }
    }
}
