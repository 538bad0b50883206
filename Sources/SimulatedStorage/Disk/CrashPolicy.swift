/// What of the work not yet synced is on the disk after a power cut.
///
/// Items are numbered in a fixed order (files by age, sectors ascending, the size of the file last; names in the order
/// they changed), so that a sweep can visit each one: ``SimulatedDisk/unsyncedData`` and ``SimulatedDisk/unsyncedNames``.
package struct CrashPolicy: Sendable, Hashable, CustomStringConvertible {
    /// What happens to one family of items.
    package enum Choice: Sendable, Hashable {
        /// Everything reached the disk.
        case keepAll
        /// Nothing did.
        case dropAll
        /// Exactly this item did.
        case only(Int)
        /// Exactly this item did not.
        case allBut(Int)
        /// Each item for itself: kept, lost, an older unsynced version kept, or a sector torn between two versions.
        case seeded(UInt64)
    }

    /// Sectors of 512 bytes, and sizes.
    package var data: Choice
    /// Names made, renamed and removed.
    package var names: Choice

    package init(data: Choice, names: Choice) {
        self.data = data
        self.names = names
    }

    package static let keepAll = CrashPolicy(data: .keepAll, names: .keepAll)
    package static let dropAll = CrashPolicy(data: .dropAll, names: .dropAll)
    /// Every item for itself.
    package static func seeded(_ seed: UInt64) -> CrashPolicy {
        CrashPolicy(data: .seeded(SplitMix64.mix(seed, 1)), names: .seeded(SplitMix64.mix(seed, 2)))
    }

    package var description: String { "power cut (data \(data), names \(names))" }
}
