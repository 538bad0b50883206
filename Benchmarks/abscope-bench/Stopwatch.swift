import Glibc

/// Steady time.
enum Stopwatch {
    /// Seconds that `work` took.
    static func seconds(_ work: () throws -> Void) rethrows -> Double {
        let start = now()
        try work()
        return now() - start
    }

    /// Seconds on the steady clock; only differences mean anything.
    static func now() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

extension [Double] {
    /// The middle value, the upper one of two. Precondition: not empty.
    var median: Double { sorted()[count / 2] }
}
