/// What is said of backups and of restoring one.
enum BackupMessage {
    case backingUp, restoring
    case keyAlone, folderMissing, keyOnce, keyLine(String), next, keyReplaced, keyThere,
        keyThereRemedy, keyKept
    case done(entries: UInt64, String), copied(segments: Int, bytes: String, kept: Int)
    case verifiedAll, verifiedNew, holdsMore(Int), holdsMoreKeys(Int), withoutKeys(String), ofDamaged
    case erasuresUnknown(String)
    case restored(String, entries: UInt64, moment: String), restoredLane(lane: Int, position: UInt64)
    case restoredEpoch, restoredAlone(String), restoredMayLack(String)
    case unfinishedRemoved([String]), unfinishedKept([String])
}
