// A structure of C that both modules know belongs to the one that is read first, and that differs between builds.
import CLinux
import Glibc

/// The clock of this machine.
package struct SystemClock: WallClock {
    package init() {}

    package func millisecondsSinceEpoch() -> Int64 {
        let now = Self.time(CLOCK_REALTIME)
        return Int64(now.tv_sec) * 1_000 + Int64(now.tv_nsec) / 1_000_000
    }

    /// Follows `TZ` and `/etc/localtime` as they were when the process first asked.
    package func zoneOffsetMinutes() -> Int32 {
        var now = Self.time(CLOCK_REALTIME).tv_sec
        var local = unsafe tm()
        guard unsafe localtime_r(&now, &local) != nil else { return 0 }
        return unsafe Int32(local.tm_gmtoff / 60)
    }

    package func steadyNanoseconds() -> UInt64 { Self.nanoseconds(CLOCK_MONOTONIC) }
    package func elapsedNanoseconds() -> UInt64 { Self.nanoseconds(CLOCK_BOOTTIME) }

    package func pause(nanoseconds: UInt64) {
        let (end, overflow) = steadyNanoseconds().addingReportingOverflow(nanoseconds)
        precondition(!overflow, "a pause has an end")
        var until = timespec(tv_sec: Int(end / 1_000_000_000), tv_nsec: Int(end % 1_000_000_000))
        while unsafe clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nil) == EINTR {}
    }

    private static func nanoseconds(_ clock: clockid_t) -> UInt64 {
        let now = time(clock)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }

    private static func time(_ clock: clockid_t) -> timespec {
        var now = timespec()
        // Fails only for a clock that does not exist; these three always do.
        precondition(unsafe clock_gettime(clock, &now) == 0, "clock_gettime failed")
        return now
    }
}
