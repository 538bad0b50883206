/// What is said of bundles.
enum BundleMessage {
    // Making one
    case noRecipient, seeHelp, forItself, revoked(String), tooSmall(String)
    case notASize(String)
    case writing, written(String, number: UInt64, UInt64, String, for: [String]), carry
    case nothingKnown([String]), full(UInt64), leftOut([String]), notReadable(String), differsThere, withoutKeys(String)
    // Looking at one
    case noFile(String), notAFile(String), reading
    case from(String, number: UInt64), sealedTo([String]), made(String, String), noEntries, sealedHere(String)
    case signatureHolds, signatureFails, signatureUnknown
    // Taking one
    case forOthers([String]), otherRegistry, senderUnknown(String), senderRevoked(String)
    case importing, new(UInt64), unproven(UInt64), nothingNew, keys(Int), keysNotTaken(String)
    case isCutShut, isCut(parts: UInt64), isDamaged(parts: UInt64, String)
    case wasCut(parts: UInt64), wasDamaged(parts: UInt64, String), more(UInt64, String)
    case gap(ends: UInt64, begins: UInt64), differs(UInt64, String), ownBeyond(UInt64, String), newEpoch(String)
    case unlisted(String), setAside, broken, tooMany, feedBusy
    // Repairing from one
    case cutSource, damagedSource(String)
    // What is kept of them
    case notesDamaged, notesNotKept(String, String), busy
}
