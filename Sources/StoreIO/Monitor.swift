// A structure of C that both modules know belongs to the one that is read first, and that differs between builds.
import CLinux
import Glibc

/// A value behind a lock on which threads can wait until it changes (a mutex and a condition variable).
///
/// For synchronous code that blocks threads; never on the cooperative pool.
@safe
package final class Monitor<State>: @unchecked Sendable {
    // `state` is touched only between lock and unlock of `mutex`, which makes sharing safe whatever `State` is.
    private var state: State
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    package init(_ state: sending State) {
        self.state = state
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe condition.initialize(to: pthread_cond_t())
        precondition(unsafe pthread_mutex_init(mutex, nil) == 0, "no mutex could be made")
        var attributes = pthread_condattr_t()
        precondition(unsafe pthread_condattr_init(&attributes) == 0, "no condition could be made")
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        precondition(unsafe pthread_cond_init(condition, &attributes) == 0, "no condition could be made")
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    /// Runs `body` alone and wakes those who wait.
    package func withLock<Result>(_ body: (inout State) -> Result) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer {
            unsafe pthread_cond_broadcast(condition)
            unsafe pthread_mutex_unlock(mutex)
        }
        return body(&state)
    }

    /// Waits until `body` gives a value; it is asked again after every ``withLock(_:)`` of another thread.
    package func wait<Result>(until body: (inout State) -> Result?) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&state) { return result }
            unsafe pthread_cond_wait(condition, mutex)
        }
    }

    /// Waits like ``wait(until:)``, but not longer than about `nanoseconds`, whatever the time of day does.
    ///
    /// - Returns: nil when `body` gave no value in that time.
    package func wait<Result>(nanoseconds: UInt64, until body: (inout State) -> Result?) -> Result? {
        var end = timespec()
        precondition(unsafe clock_gettime(CLOCK_MONOTONIC, &end) == 0, "clock_gettime failed")
        let (seconds, rest) = (UInt64(end.tv_nsec) + nanoseconds).quotientAndRemainder(dividingBy: 1_000_000_000)
        end.tv_sec += Int(seconds)
        end.tv_nsec = Int(rest)
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&state) { return result }
            if unsafe pthread_cond_timedwait(condition, mutex, &end) == ETIMEDOUT { return body(&state) }
        }
    }
}
