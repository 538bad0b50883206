#if ABSCOPE_SEEDED_BUGS
import Glibc
#endif

/// A bug that can be planted in a build made for that, to see that the tests of the log find it: `make mutants`.
///
/// In every other build ``isPlanted`` is false at compile time, and nothing of it is left in the program.
package enum SeededBug: String, CaseIterable, Sendable {
    // MARK: Left out by the file system that the prover runs the log on

    /// An append is answered before its bytes are synced.
    case acknowledgedBeforeSync
    /// No directory is ever synced.
    case directoryNotSynced
    /// The append lock is not taken.
    case lockNotTaken

    // MARK: In the formats

    /// The checksum of a block's bytes is not compared.
    case blockChecksumIgnored
    /// What binds a block to its place is not compared.
    case placeIgnored
    /// A block does not say what was durable when it was written.
    case durableOffsetNotAdvanced
    /// The index of a sealed segment is believed when its length is right.
    case indexTrustedByLength
    /// The chain is computed and not compared.
    case chainNotChecked

    // MARK: In the store

    /// What contradicts a torn tail is overlooked, and damage cut off.
    case truncatedOnCorruption
    /// A raw segment goes before the name of the sealed one is durable.
    case rawRemovedBeforeSync
    /// HEADS names entries before they are synced.
    case headsBeforeSync
    /// HEADS of another start of the machine is believed.
    case bootIgnored
    /// A segment that was replaced by another file of its name is written to further.
    case staleDescriptor
    /// What a dead writer left behind the durable end counts as durable.
    case takeoverAdoptsUnacknowledged
    /// A segment in which a write failed takes more.
    case poisonIgnored
    /// What an append expects is not compared.
    case expectingIgnored
    /// Entries nobody attested are shown.
    case unattestedShown

    // MARK: In sync

    /// A row is said before the store answered that it is durable.
    case saidBeforeDurable
    /// In sync is computed from what is stored, attested or not.
    case inSyncFromStored
    /// A WANT does not say that something was dropped.
    case restartForgotten
    /// Data is sent beyond the credit that was given.
    case creditIgnored
    /// Of a site that was revoked more is taken than the roster says.
    case cutOffIgnored
    /// What the store said of an earlier moment replaces what it said later.
    case staleHeadsTaken
    /// Bulk is sent before what is urgent.
    case lanesIgnored
    /// What was unknown here when a peer asked is another history for good.
    case unknownForGood
    /// Of two connections of one pair the later one always goes.
    case laterConnectionGoes

    /// Those that the prover of sync has to find, and not that of the log.
    package static let ofSync: [SeededBug] = [
        .saidBeforeDurable, .inSyncFromStored, .restartForgotten, .creditIgnored, .cutOffIgnored, .staleHeadsTaken,
        .lanesIgnored, .unknownForGood, .laterConnectionGoes,
    ]

    #if ABSCOPE_SEEDED_BUGS
    private static let planted = unsafe getenv("ABSCOPE_SEEDED_BUG").flatMap {
        SeededBug(rawValue: unsafe String(cString: $0))
    }

    package var isPlanted: Bool { self == Self.planted }
    #else
    @inlinable package var isPlanted: Bool { false }
    #endif
}

#if ABSCOPE_SEEDED_BUGS
extension HeadsSlot {
    /// As if what was written were durable.
    package func advanced(to head: FeedHead) -> HeadsSlot {
        var slot = self
        slot.durableBytes = writtenBytes
        slot.stored = head
        slot.attested = head
        return slot
    }
}
#endif
