/// What is said of the roster: revoking, salvaging, changing and handing over.
enum SiteMessage {
    // Revoking
    case revokeNothingHeld, revokeHeard(String, String), revokeNeverHeard(String), cutOff(String, UInt64)
    case revokeExplained(String), revokeNotConfirmed(String), wouldRevoke(String), revoked(String)
    case revokedAlready(String), raised(String), noticeWritten(String), noticeTooLong, salvageHint(String)
    case heldElsewhere(String, count: UInt64, String), heldOtherwise(String, String), revokeWouldLose
    // Salvaging
    case notRevoked(String), salvageWhat(String), salvageNothing(String), salvageHead(String, String)
    case salvageExplained, salvaged(String, Int), noCase, salvageNeedsSite, noticeOtherSite(String),
        noticeOtherRegistry
    // Changing
    case nothingToChange, changed(String), wouldChange(String), readsContradict, changeOfRevoked(String)
    // Handing over, recovering
    case handoverExplained(String), handoverNotConfirmed(String), wouldHandOver(String), handedOver(String)
    case administersAlready, recoveryExplained, wouldRecover, recovered(String), formerStays([String], last: String)
    case recoveryKeyForm, recoveryKeyMistyped, notListed
    case replacedKey, goesOnAs(String)
    // Where to dial
    case invitationWithoutAddress, addressOnlyInInvitation(String), nowhereToDial
    // Keys as pictures
    case qrNotInstalled, qrFailed(String), qrNeedsTerminal
    // Looking
    case beyondCutOff(String, UInt64), ownRevoked, reason(String)
}
