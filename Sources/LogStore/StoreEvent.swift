package import LogFormat
package import StoreIO

/// Something of the log's own life that people may have to know of. Never clinical content.
package enum StoreEvent: Sendable {
    /// A writer died inside a commit; what it had not acknowledged is in quarantine.
    case takeover(FeedID, quarantinedBytes: UInt64)
    /// The end of a feed was found again after a restart of the machine.
    case recovered(FeedID, position: UInt64, quarantinedBytes: UInt64)
    /// An input/output error closed a segment for ever; writing goes on in a new one.
    case poisoned(FeedID, StorageError)
    /// Acknowledged entries are missing or different; the feed is read-only until repaired.
    case damaged(FeedID, StorageError)
    /// This site writes in a new epoch from here on.
    case newEpoch(EpochID, reason: String)
    /// The store was opened for reading only, for this reason. Unless `isComplete`, nobody has looked for the ends of the
    /// feeds since the machine started, and the newest entries may not be shown yet.
    case readOnly(StorageError, isComplete: Bool)
    /// Somebody else has been writing for two seconds, and this call waits for it; nil when it is not known who. Said once
    /// a call.
    case waiting(for: LockHolder?)
    /// HEADS could not be made durable. What was appended is; after a power cut its end is found by recovery alone.
    case headsNotSynchronized(StorageError)
    /// The marker outside the store could not be written.
    case markerNotWritten(StorageError)
}
