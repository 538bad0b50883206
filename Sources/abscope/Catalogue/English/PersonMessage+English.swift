extension PersonMessage {
    var english: String {
        switch self {
        case .eraseExplained(let cases):
            """
            The name, identifiers, birth date, contact and attached files of the person of \(cases.joined(separator: ", ")) \
            can be read at no site any more once this has reached it. That is final: nobody brings them back. What was \
            recorded clinically stays under the number of the case.
            """
        case .eraseNotConfirmed(let number):
            "Nothing was erased: type the number of the case, or give it with --yes \(number)."
        case .wouldErase(let cases):
            "Nothing was recorded (--dry-run). The person of \(cases.joined(separator: ", ")) would be erased."
        case .sharedKey(let persons):
            "A key of this person opens values of \(persons.joined(separator: ", ")) too, which would be lost with it:"
                + " nothing was erased. To erase both name a case of each."
        case .erased(let cases):
            "Erased here: what identifies the person of \(cases.joined(separator: ", ")). Every other site does the same as"
                + " soon as it hears of it: abscope person show \(cases.first ?? "")"
        case .erasedAlready(let cases):
            "What identifies the person of \(cases.joined(separator: ", ")) is erased already; nothing was recorded."
        case .erasureNotUndone: "An erasure can not be taken back: the keys are gone."
        case .erasedOn(let moment, let who, let site, let why):
            "Erased on \(moment) by \(who.isEmpty ? "an operator not known here" : who) at \(site)"
                + (why.isEmpty ? "." : ": \(why)")
        case .notErased: "Nobody asked to erase what identifies this person."
        case .keysLeft:
            "A key of this person is still here, for it opens values of somebody else too: see abscope person show."
        case .arrivedAt(let sites): "The erasure has arrived at: \(sites.joined(separator: ", "))."
        case .notKnownAt(let sites): "It is not known to have arrived at: \(sites.joined(separator: ", "))."
        case .onlyHereYet: "The erasure is not known to have reached any other site yet."
        case .keyCount(let count): count == 1 ? "1 key" : "\(count) keys"
        }
    }
}
