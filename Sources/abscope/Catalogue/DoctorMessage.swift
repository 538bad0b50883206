/// What `doctor` says of the store and the machine it is on.
enum DoctorMessage {
    case freeSpace(String, days: UInt64?), freeSpaceRemedy
    case volumeIs(String, String), volumeNetwork(String), volumeInMemory(String), volumeUnknown, volumeRemedy
    case volumeNoJournal(String, String), volumeJournalRemedy(String)
    case volumeSmallBlocks(String, String, bytes: UInt64), volumeBlocksRemedy
    case encrypted(String), notEncrypted(String), encryptionUnknown, encryptionRemedy
    case filesClosed, filesOpen([String], Int), filesOpenRemedy(String), filesForeign([String], Int),
        filesForeignRemedy(UInt32, String)
    case clockSynchronized, clockUnsynchronized, clockUnknown, clockBehind(String), clockBeforeProgram, clockRemedy
    case keyFits, lockHeld(String, String), noLocks, viewCurrent, viewRemedy
    case quarantineHolds(Int, String), quarantineRemedy, incidentCloseRemedy(String)
    case mayBeOld(String), mayBeOldRemedy, epochsFew(Int), epochsRepeated(Int), epochsRemedy(String)
    case noKnownDamage, feedsDamaged(Int), verifiedWhole(String, UInt64), verifiedDamaged(String, Int, [String])
    case verificationNotKept(String), keysNotLookedAt(String), daemonRuns, daemonNotNeeded
    case noLeftovers, leftovers([String], Int), leftoversRemedy, unfinished([String]), unfinishedRemedy
}
