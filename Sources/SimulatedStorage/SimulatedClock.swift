import StoreIO
import Synchronization

/// A clock that moves only when told to, or when somebody pauses on it.
package final class SimulatedClock: WallClock {
    private struct Time: Sendable {
        var wallMilliseconds: Int64
        var zoneMinutes: Int32
        var steadyNanoseconds: UInt64
    }

    private let time: Mutex<Time>

    /// - Parameters:
    ///   - millisecondsSinceEpoch: Where the time of day starts; by default 2026-03-02T08:00:00Z, a Monday.
    ///   - zoneOffsetMinutes: Offset of local time from UTC.
    package init(millisecondsSinceEpoch: Int64 = 1_772_438_400_000, zoneOffsetMinutes: Int32 = 0) {
        time = Mutex(
            Time(wallMilliseconds: millisecondsSinceEpoch, zoneMinutes: zoneOffsetMinutes, steadyNanoseconds: 1)
        )
    }

    package func millisecondsSinceEpoch() -> Int64 { time.withLock { $0.wallMilliseconds } }
    package func zoneOffsetMinutes() -> Int32 { time.withLock { $0.zoneMinutes } }
    package func steadyNanoseconds() -> UInt64 { time.withLock { $0.steadyNanoseconds } }

    /// Moves both the time of day and the steady count.
    package func advance(milliseconds: Int64) { advance(nanoseconds: UInt64(milliseconds) * 1_000_000) }

    /// Takes no real time: moves the clock on.
    package func pause(nanoseconds: UInt64) { advance(nanoseconds: nanoseconds) }

    /// Sets the time of day, forwards or back, as a person or a time server may; the steady count goes on.
    package func set(millisecondsSinceEpoch: Int64) { time.withLock { $0.wallMilliseconds = millisecondsSinceEpoch } }

    /// Moves to another zone.
    package func set(zoneOffsetMinutes: Int32) { time.withLock { $0.zoneMinutes = zoneOffsetMinutes } }

    /// A clock of its own that starts where this one stands.
    package func copy() -> SimulatedClock {
        let now = time.withLock { $0 }
        let copy = SimulatedClock(millisecondsSinceEpoch: now.wallMilliseconds, zoneOffsetMinutes: now.zoneMinutes)
        copy.time.withLock { $0.steadyNanoseconds = now.steadyNanoseconds }
        return copy
    }

    private func advance(nanoseconds: UInt64) {
        time.withLock { now in
            let before = now.steadyNanoseconds / 1_000_000
            now.steadyNanoseconds += nanoseconds
            now.wallMilliseconds += Int64(now.steadyNanoseconds / 1_000_000 - before)
        }
    }
}
