/// What is said of erasing a person.
enum PersonMessage {
    // Asking for it
    case eraseExplained(cases: [String]), eraseNotConfirmed(String), wouldErase([String]), sharedKey([String])
    case erased([String]), erasedAlready([String]), erasureNotUndone
    // What became of it
    case erasedOn(String, by: String, at: String, why: String), notErased, keysLeft
    case arrivedAt([String]), notKnownAt([String]), onlyHereYet
    case keyCount(Int)
}
