/// Holds what is sent to one peer to a rate. A value without a clock.
///
/// It works on debt: a piece of any size may go once nothing is owed, and is then owed itself. So a block larger than a
/// second of the rate still goes, and the mean over any time is at most the rate plus one piece.
package struct TokenBucket: Hashable, Sendable {
    /// At least 1.
    package let bytesPerSecond: UInt64
    private var paidNanoseconds: UInt64 = 0

    /// - Precondition: The rate is positive.
    package init(bytesPerSecond: UInt64) {
        precondition(bytesPerSecond > 0, "a rate is positive")
        self.bytesPerSecond = bytesPerSecond
    }

    /// Counts bytes that are sent now.
    ///
    /// - Parameters:
    ///   - bytes: How many, not negative.
    ///   - now: A steady count of nanoseconds.
    /// - Returns: How many nanoseconds from now the next piece has to wait; at most an hour more than before.
    package mutating func spend(_ bytes: Int, at now: UInt64) -> UInt64 {
        let cost = UInt64(min(Double(bytes) / Double(bytesPerSecond) * 1e9, 3_600e9))
        paidNanoseconds = max(paidNanoseconds, now) + cost
        return paidNanoseconds - now
    }
}
