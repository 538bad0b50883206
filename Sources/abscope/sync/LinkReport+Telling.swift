import CaseModel
import SyncProtocol

extension RecordedMoment {
    /// As the rules of a link count it.
    var linkMoment: LinkMoment { LinkMoment(localMilliseconds: localMilliseconds, month: CivilDay.monthNumber) }
}

extension LinkReport {
    /// How the link stands, and what of its budgets is used; one sentence for a link without rules.
    func lines(in session: Session) -> [Message] {
        let now = session.now
        let moment = now.linkMoment
        func then(_ seconds: Int) -> String { session.moment(now.milliseconds + Int64(seconds) * 1000) }
        func span(_ seconds: Int) -> String { Quantities.duration(seconds: Int64(seconds)) }
        var lines: [LinkMessage] = []
        switch rules.state(usage, at: moment) {
        case .open:
            let seconds = rules.windows.secondsUntilClosed(at: moment)
            lines.append(seconds.map { .open(closesIn: span($0), at: then($0)) } ?? .alwaysOpen)
        case .waiting(let seconds):
            lines.append(
                leaveSeconds.map { .leave(span($0)) } ?? .waiting(opensIn: span(seconds), at: then(seconds))
            )
        case .daySpent(let seconds): lines.append(.daySpent(opensIn: span(seconds), at: then(seconds)))
        case .monthSpent: lines.append(.monthSpent)
        }
        var used = usage
        used.add(0, at: moment)
        if let limit = rules.budget.dayBytes {
            lines.append(.used(Quantities.bytes(used.dayBytes), of: Quantities.bytes(limit), today: true))
        }
        if let limit = rules.budget.monthBytes {
            lines.append(.used(Quantities.bytes(used.monthBytes), of: Quantities.bytes(limit), today: false))
        }
        return lines.map { .link($0) }
    }

    /// Whether nothing goes over the link until a window opens, or there are bytes again.
    func isWaiting(at moment: LinkMoment) -> Bool {
        switch rules.state(usage, at: moment) {
        case .open: false
        case .waiting: leaveSeconds == nil
        case .daySpent, .monthSpent: true
        }
    }

    /// The same for programs.
    func json(at moment: LinkMoment) -> JSON {
        var used = usage
        used.add(0, at: moment)
        let state: String
        var opensIn: Int?
        switch rules.state(usage, at: moment) {
        case .open: state = "open"
        case .waiting(let seconds): (state, opensIn) = leaveSeconds == nil ? ("waiting", seconds) : ("open", nil)
        case .daySpent(let seconds): (state, opensIn) = ("day-spent", seconds)
        case .monthSpent: state = "month-spent"
        }
        return .object([
            ("state", .string(state)), ("opens_in_seconds", JSON(opensIn.map { UInt64($0) })),
            ("closes_in_seconds", JSON(rules.windows.secondsUntilClosed(at: moment).map { UInt64($0) })),
            ("windows", .array(rules.windows.texts.map { .string($0) })), ("day_bytes", JSON(used.dayBytes)),
            ("day_budget_bytes", JSON(rules.budget.dayBytes)), ("month_bytes", JSON(used.monthBytes)),
            ("month_budget_bytes", JSON(rules.budget.monthBytes)),
        ])
    }
}
