/// What is said of where entries are, and of how the other sites stand.
enum FleetMessage {
    case onlyHere, onlyHereMark, partlyHere(Int, of: Int), scattered, arrived([String])
    case all, lacking(UInt64), nothingSaid, reported(String, by: String), notConnected
    case otherHistory(Int), otherHistoryMark
    // What a person should act on
    case ownIncident, turnedAway(String), wordless(String), stuckStore(String), onlyHereYet(UInt64)
    case silent(String, String), neverHeard(String, String), clock(String, String, isAhead: Bool), undelivered(
        UInt64,
        String
    ), incidents(
        String,
        UInt32
    )
}
