import CLinux
import Glibc

/// What the kernel knows of the machine's time of day.
package enum KernelClock {
    /// Whether something keeps the clock right; nil where the kernel does not say (in some containers).
    package static var isSynchronized: Bool? {
        var clock = timex()
        clock.modes = 0
        let state = unsafe adjtimex(&clock)
        guard state >= 0 else { return nil }
        return state != CLOCK_NOT_SYNCHRONIZED && clock.status & CLOCK_STATUS_UNSYNCHRONIZED == 0
    }
}
