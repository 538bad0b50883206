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
        /// Until when the link is open whatever the windows say, on the steady clock, and whether for urgent entries alone; read
        /// through ``leave(at:)``.
        var leave: (until: UInt64, isForUrgent: Bool)?
        /// Whether the budget had something left when it was last looked at.
        var hasBudget = true

        /// The leave; one that is over is forgotten.
        mutating func leave(at now: UInt64) -> (until: UInt64, isForUrgent: Bool)? {
            if let given = leave, now >= given.until { leave = nil }
            return leave
        }
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
        return state.leave(at: clock.steadyNanoseconds()) == nil ? found : .open
    }

    /// Whether the link may be used.
    package var isOpen: Bool { standing == .open }

    /// Whether there is a leave, and for urgent entries alone.
    var isOpenForUrgent: Bool {
        let now = clock.steadyNanoseconds()
        return state.withLock { $0.leave(at: now)?.isForUrgent == true }
    }

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

    /// Opens the link for some time from now on although no window does. What a person asks for while a window is open
    /// counts when that closes; for urgent entries it is looked then whether they went. A link whose bytes are spent gets no
    /// leave. What a person asked for is not cut short by what is urgent.
    ///
    /// - Parameter isForUrgent: Only until urgent entries have gone: ``urgentHasGone()``.
    package func giveLeave(isForUrgent: Bool) {
        let now = clock.steadyNanoseconds()
        let moment = moment
        let opens = state.withLock { state in
            let ruled = rules.state(state.usage, at: moment)
            switch ruled {
            case .daySpent, .monthSpent: return false
            case .open where isForUrgent: return false
            case .open, .waiting: break
            }
            let isPersons = !isForUrgent || state.leave(at: now)?.isForUrgent == false
            state.leave = (now + Self.leaveSeconds * 1_000_000_000, !isPersons)
            return ruled != .open
        }
        if opens { changed() }
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

    /// For how long it stays open although no window is; nil while a window is, or nobody has leave.
    private var leaveSecondsLeft: Int? {
        let now = clock.steadyNanoseconds()
        let moment = moment
        return state.withLock { state in
            guard case .waiting = rules.state(state.usage, at: moment), let leave = state.leave(at: now) else {
                return nil
            }
            return Int((leave.until - now) / 1_000_000_000) + 1
        }
    }

    /// What people are told of the link.
    package var report: LinkReport {
        let leave = leaveSecondsLeft
        return LinkReport(rules: rules, usage: state.withLock { $0.usage }, leaveSeconds: leave)
    }
}
