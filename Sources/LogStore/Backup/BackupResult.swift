package import LogFormat
package import StoreIO

/// What a backup did.
package struct BackupResult: Sendable {
    /// How many backups the folder has seen.
    package var generation: UInt64 = 0
    /// Milliseconds since 1970: when the heads were read that it holds.
    package var milliseconds: Int64 = 0
    /// Segments written now.
    package var copiedSegments = 0
    /// Segments that were there already.
    package var keptSegments = 0
    /// Written now, sealed.
    package var copiedBytes: UInt64 = 0
    /// What the whole backup holds, before it was sealed.
    package var totalBytes: UInt64 = 0
    /// Entries in the backup.
    package var entries: UInt64 = 0
    /// Whether everything was read back and proven, not only what is new.
    package var isWhollyVerified = false
    /// Feeds of which the backup holds more than the store, which was kept.
    package var feedsBeyondStore = 0
    /// Segments of the store that are damaged. Where the backup had them already, they are kept there.
    package var damage: [StorageError] = []
}

/// What the caller has backed up with the store: a name of letters and dashes, and the bytes.
package struct BackupExtra: Sendable {
    /// What its name in the backup begins with.
    static let prefix = "extra/"

    package var name: String
    package var bytes: [UInt8]

    package init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }
}

/// What a restore did.
package struct RestoreResult: Sendable {
    /// Milliseconds since 1970: the state the store has now.
    package var milliseconds: Int64 = 0
    package var generation: UInt64 = 0
    package var entries: UInt64 = 0
    package var feeds = 0
    /// Where this site's own lanes stand in the epoch that was in use, by lane: entries beyond were not in the backup.
    package var ownHeads: [Lane: FeedHead] = [:]
    /// The epoch the store wrote in when it was backed up.
    package var oldEpoch: EpochID
    /// The epoch it writes in from now on.
    package var newEpoch: EpochID
    /// Parts of the backup that were damaged and are missing now; empty unless that was accepted.
    package var damage: [StorageError] = []
    /// Folders beside the store that somebody who was killed had begun to make it in: they were removed.
    package var removedFolders: [String] = []
    /// Folders of such a name that stay: nobody can tell whether anybody uses them, or they could not be removed.
    package var keptFolders: [String] = []
}
