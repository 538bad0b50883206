package import StoreIO
package import SyncProtocol
import Synchronization

/// Whether this site's link may be used now, and what went over it.
///
/// Outside of its windows a link is opened by a person, or by an urgent entry that has somebody to go to, for at most
/// ``leaveSeconds``; a budget that is spent is opened by nobody.
package final class LinkGovernor: Sendable {
    private let rules: LinkRules
    private let clock: any WallClock
    private let month: @Sendable (_ day: Int64) -> Int64
    private let state: Mutex<State>
    /// Told when the link may have closed or opened.
    private let changed: @Sendable () -> Void

    private struct State {
        var usage = LinkUsage()
        /// Until when the link is open whatever the windows say, on the steady clock, and whether for urgent entries alone.
        var leave: (until: UInt64, isForUrgent: Bool)?
        /// Whether the budget had something left when it was last looked at.
        var hasBudget = true
    }

    /// For how long one leave opens the link.
    package static let leaveSeconds: UInt64 = 15 * 60

    /// - Parameters:
    ///   - rules: Of the link.
    ///   - clock: The machine's.
    ///   - month: The month of a local day, counted as in ``LinkMoment``.
    ///   - changed: Told when the link may have closed or opened for another reason than that time passed.
    package init(
        _ rules: LinkRules,
        clock: any WallClock,
        month: @escaping @Sendable (_ day: Int64) -> Int64,
        changed: @escaping @Sendable () -> Void
    ) {
        self.rules = rules
        self.clock = clock
        self.month = month
        self.changed = changed
        state = Mutex(State())
    }

    private var moment: LinkMoment {
        let zone = Int64(clock.zoneOffsetMinutes()) * 60_000
        let (local, overflow) = clock.millisecondsSinceEpoch().addingReportingOverflow(zone)
        return LinkMoment(localMilliseconds: overflow ? 0 : local, month: month)
    }

    /// How the link stands.
    package var standing: LinkRules.State { state.withLock { standing(&$0) } }

    private func standing(_ state: inout State) -> LinkRules.State {
        let found = rules.state(state.usage, at: moment)
        guard case .waiting = found else { return found }
        if let leave = state.leave, clock.steadyNanoseconds() < leave.until { return .open }
        state.leave = nil
        return found
    }

    /// Whether the link may be used.
    package var isOpen: Bool { standing == .open }

    /// How the link stands by its rules alone, whoever was given leave.
    package var ruled: LinkRules.State {
        let moment = moment
        return state.withLock { rules.state($0.usage, at: moment) }
    }

    /// How long a peer is asked to stay away while the link is closed, at most an hour; nil while it is open.
    package var awaySeconds: UInt32? {
        switch standing {
        case .open: nil
        case .monthSpent: Self.awaySecondsMaximum
        case .waiting(let seconds), .daySpent(let seconds): min(UInt32(clamping: seconds), Self.awaySecondsMaximum)
        }
    }

    private static let awaySecondsMaximum: UInt32 = 3600

    /// Opens the link for some time from now on although no window does; one that a window opens needs no leave, and one whose
    /// bytes are spent gets none. What a person asked for is not cut short by what is urgent.
    ///
    /// - Parameter isForUrgent: Only until urgent entries have gone: ``urgentHasGone()``.
    package func giveLeave(isForUrgent: Bool) {
        let until = clock.steadyNanoseconds() + Self.leaveSeconds * 1_000_000_000
        let moment = moment
        let isGiven = state.withLock { state in
            guard case .waiting = rules.state(state.usage, at: moment) else { return false }
            let isPersons = !isForUrgent || state.leave?.isForUrgent == false
            state.leave = (until, !isPersons)
            return true
        }
        if isGiven { changed() }
    }

    /// Takes a leave for urgent entries back.
    package func urgentHasGone() {
        let had = state.withLock { state in
            guard state.leave?.isForUrgent == true else { return false }
            state.leave = nil
            return true
        }
        if had { changed() }
    }

    /// Counts what went over the link, in both directions.
    package func count(_ bytes: UInt64) {
        let moment = moment
        let isSpentNow = state.withLock { state in
            state.usage.add(bytes, at: moment)
            let had = state.hasBudget
            state.hasBudget = rules.budget.left(state.usage, at: moment) != 0
            return had && !state.hasBudget
        }
        if isSpentNow { changed() }
    }

    /// Takes over what an earlier daemon counted; what was counted since is added.
    package func restore(_ usage: LinkUsage) {
        let moment = moment
        state.withLock { state in
            var all = usage
            all.add(0, at: moment)
            all.add(state.usage.monthBytes, at: moment)
            state.usage = all
        }
    }

    /// Seconds until the link closes or opens by itself; nil when it does neither.
    package func secondsUntilChange() -> Int? {
        let moment = moment
        switch standing {
        case .open: return rules.windows.secondsUntilClosed(at: moment) ?? leaveSecondsLeft
        case .waiting(let seconds), .daySpent(let seconds): return seconds
        case .monthSpent: return 86_400 - moment.second
        }
    }

    private var leaveSecondsLeft: Int? {
        let now = clock.steadyNanoseconds()
        return state.withLock { $0.leave?.until }.map { $0 > now ? Int(($0 - now) / 1_000_000_000) + 1 : 0 }
    }

    /// What people are told of the link.
    package var report: LinkReport {
        _ = standing
        let leave = leaveSecondsLeft
        return LinkReport(rules: rules, usage: state.withLock { $0.usage }, leaveSeconds: leave)
    }
}
