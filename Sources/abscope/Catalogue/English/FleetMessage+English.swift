extension FleetMessage {
    var english: String {
        switch self {
        case .onlyHere: "Only here: what was recorded at this site is not known to have reached any other."
        case .onlyHereMark: "only here"
        case .otherHistory(let count):
            (count == 1 ? "1 record was" : "\(count) records were")
                + " also written on a copy of a site's computer, or before it was set back; compare with the papers."
        case .otherHistoryMark: "from a copy"
        case .partlyHere(let count, let whole):
            "\(count) of the \(whole) entries recorded at this site are only here, as far as is known."
        case .scattered: "What was recorded at this site has reached others; none is known to have all of it."
        case .arrived(let sites):
            "What was recorded at this site is also at "
                + (sites.count > 3
                    ? "\(sites[0]) and \(sites.count - 1) more sites." : sites.joined(separator: ", ") + ".")
        case .all: "all"
        case .lacking(let count): "lacks \(count)"
        case .nothingSaid: "not known"
        case .reported(let age, let reporter): "\(age), says \(reporter)"
        case .notConnected: "not connected"
        case .ownIncident: "This site has an open incident: see `abscope incident list`."
        case .turnedAway(let site):
            "\(site) turns this site away: the key of this site was revoked. What is recorded here goes nowhere; ask the"
                + " administrator, and see `abscope site salvage`."
        case .wordless(let site):
            "\(site) ends each connection without a word: it may have revoked the key of this site. Ask the administrator."
        case .stuckStore(let site):
            "The store here or that of \(site) can not read or write: run `abscope doctor` at both."
        case .onlyHereYet(let count):
            "\(count == 1 ? "1 entry recorded here is" : "\(count) entries recorded here are") not known to be anywhere else yet."
        case .silent(let site, let age): "\(site) was not heard for \(age)."
        case .neverHeard(let site, let age): "\(site) was admitted \(age) ago and never heard."
        case .clock(let site, let amount, let isAhead):
            "The clock of \(site) is \(amount) \(isAhead ? "ahead of" : "behind") the one here: set the one that is wrong."
        case .undelivered(let count, let age):
            (count == 1
                ? "1 entry recorded here is nowhere else"
                : "\(count) entries recorded here are nowhere else, the oldest")
                + " for \(age): look at the link, or carry a bundle."
        case .incidents(let site, let count):
            "\(site) has \(count == 1 ? "an open incident" : "\(count) open incidents")."
        }
    }
}
