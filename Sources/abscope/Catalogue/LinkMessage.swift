/// What is said of the site's own link, and of what is left to go over it.
enum LinkMessage {
    case alwaysOpen, open(closesIn: String, at: String), leave(String), waiting(opensIn: String, at: String)
    case daySpent(opensIn: String, at: String), monthSpent
    case waitingWord
    case used(String, of: String, today: Bool)
    // A plan
    case nothingLeft(String), neverHeard(String), rateUnknown([String]), notARate(String)
    case notDone(String, share: String, by: String, done: String?), spent(String, share: String, day: Bool)
    case byBundle(String), asOf(String)
}
