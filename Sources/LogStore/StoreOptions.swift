import LogFormat

/// What a caller may choose when it opens a store.
package struct StoreOptions: Sendable {
    /// A segment is closed when it has reached this size; smaller only in tests.
    package var segmentBytes = Limits.segmentBytes
    /// A segment is closed when its first entry is this old.
    package var segmentAgeMilliseconds = Int64(Limits.segmentDays) * 86_400_000
    /// Step by which space is reserved; 0 reserves none.
    package var allocationStepBytes = Limits.allocationStepBytes
    /// A long commit is given to the disk in pieces of about this size; smaller only in tests.
    package var pieceBytes = 256 * 1024
    /// How long a call waits for others who write before it gives up with `.locked`.
    package var lockWaitMilliseconds: UInt64 = 30_000
    /// Hears of takeovers, recoveries, damage, new epochs and long waits, on the thread that met them.
    package var observer: @Sendable (StoreEvent) -> Void = { _ in }

    package init() {}
}
