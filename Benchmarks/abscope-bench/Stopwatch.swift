import StoreIO

/// Steady time.
enum Stopwatch {
    /// Seconds that `work` took.
    static func seconds(_ work: () throws -> Void) rethrows -> Double {
        let start = now()
        try work()
        return now() - start
    }

    /// Seconds on the steady clock; only differences mean anything.
    static func now() -> Double { Double(SystemClock().steadyNanoseconds()) / 1e9 }
}

extension [Double] {
    /// The middle value, the upper one of two. Precondition: not empty.
    var median: Double { sorted()[count / 2] }

    /// The value that one in a hundred is above. Precondition: not empty.
    var percentile99: Double { sorted()[Swift.min(count - 1, count * 99 / 100)] }
}
