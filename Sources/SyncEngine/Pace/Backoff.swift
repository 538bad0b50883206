/// How long to wait before dialling again: twice as long each time up to a cap, spread by chance, for ever.
///
/// Half of each wait is certain and half is chance, so that sites cut off together do not come back together.
package struct Backoff: Hashable, Sendable {
    /// The wait after the first failure, in milliseconds, and the longest.
    package let range: ClosedRange<UInt64>
    private var failures = 0

    /// - Parameter range: Milliseconds; the default is half a second to a minute.
    package init(range: ClosedRange<UInt64> = 500...60_000) {
        precondition(range.lowerBound > 0, "a wait is positive")
        self.range = range
    }

    /// Forgets all failures: a peer was reached, or is somewhere else now.
    package mutating func succeeded() { failures = 0 }

    /// Counts a failure.
    ///
    /// - Parameters:
    ///   - chance: 0 to 1, drawn by the caller.
    ///   - atLeastMilliseconds: What the peer asked for; wins when longer.
    /// - Returns: How many milliseconds to wait.
    package mutating func failed(chance: Double, atLeastMilliseconds: UInt64 = 0) -> UInt64 {
        let shift = UInt64(min(failures, 32))
        failures += 1
        let (doubled, overflow) = range.lowerBound.multipliedReportingOverflow(by: 1 << shift)
        let full = overflow ? range.upperBound : min(doubled, range.upperBound)
        let wait = full / 2 + UInt64(Double(full - full / 2) * min(max(chance, 0), 1))
        return max(wait, atLeastMilliseconds)
    }

    /// How long to wait after a connection, or after an attempt that did not become one.
    ///
    /// - Parameters:
    ///   - outcome: What became of it.
    ///   - chance: 0 to 1, drawn by the caller.
    /// - Returns: Milliseconds; at least what the peer asked for, up to an hour. Exactly that where it has no place until then:
    ///   that is no failure, and who waited longer each time would come when its place is somebody else's.
    package mutating func wait(after outcome: DialOutcome, chance: Double) -> UInt64 {
        if let seconds = outcome.placeAfterSeconds { return Self.asked(seconds) }
        if outcome.wasReached { succeeded() }
        return failed(chance: chance, atLeastMilliseconds: Self.asked(outcome.retryAfterSeconds ?? 0))
    }

    /// What a peer asks for, as far as it is heeded, in milliseconds.
    private static func asked(_ seconds: UInt32) -> UInt64 { min(UInt64(seconds), 3_600) * 1_000 }
}
