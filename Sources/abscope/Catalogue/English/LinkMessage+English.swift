extension LinkMessage {
    var english: String {
        switch self {
        case .alwaysOpen: "The link is open at all times."
        case .open(let duration, let moment): "The link is open until \(moment), for \(duration)."
        case .leave(let duration): "The link is open for \(duration), although no window is."
        case .waiting(let duration, let moment): "The link waits for its window, which opens \(moment), in \(duration)."
        case .daySpent(let duration, let moment):
            "The bytes of today are spent: nothing goes over the link before \(moment), in \(duration)."
        case .monthSpent: "The bytes of this month are spent: nothing goes over the link before the next."
        case .waitingWord: "waiting for window"
        case .used(let used, let limit, let today): "\(used) of \(limit) used \(today ? "today" : "this month")."
        case .nothingLeft(let site): "\(site): nothing is left to send or to receive, as far as is known."
        case .neverHeard(let site):
            "What \(site) holds was never said to this site itself: all that is here may have to go there, unless another site"
                + " brought it, and what comes is not known."
        case .rateUnknown(let sites):
            "How fast the link to \(sites.count > 3 ? "\(sites[0]) and \(sites.count - 1) more sites" : sites.joined(separator: ", "))"
                + " is was not measured yet: say it with --rate to learn how long it takes."
        case .notARate(let text): "\"\(text)\" is no rate: write bytes a second, such as 4k or 32000."
        case .notDone(let site, let share, let moment, let done):
            "\(site): will not be done when the window closes: \(share) by \(moment); "
                + (done.map { "all by \($0)." } ?? "not all within a year.")
        case .spent(let site, let share, let day):
            "\(site): the bytes of \(day ? "the day" : "the month") end before it is done: \(share) goes."
        case .byBundle(let size): "A bundle of what is to be sent would be about \(size): abscope bundle export"
        case .asOf(let age): "What the other sites hold is known from \(age) ago at best; the daemon does not run."
        }
    }
}
