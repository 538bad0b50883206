import CaseModel

/// What is said of entries that were recorded and are not shown.
enum MissingMessage {
    case behind(UInt64, String?), refused(UInt64), refusedRemedy, stale(UInt64)
    case lost(UInt64, [String]), lostRemedy, incomplete(UInt64, [String]), mayConcernCase(UInt64, [String])
    case nextGiven(OrderForm, String, UInt64), nextGivenRemedy(OrderForm)
}
