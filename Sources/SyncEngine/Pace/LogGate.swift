/// Lets one log line of a kind through per interval and counts the rest, so that a noisy peer can not fill a disk.
package struct LogGate: Hashable, Sendable {
    private let intervalNanoseconds: UInt64
    private var next: UInt64 = 0
    private var heldBack: UInt64 = 0

    package init(intervalSeconds: UInt64 = 10) { intervalNanoseconds = intervalSeconds * 1_000_000_000 }

    /// Whether the next line goes through.
    func isOpen(at now: UInt64) -> Bool { now >= next }

    /// - Parameter now: A steady count of nanoseconds.
    /// - Returns: nil to stay silent; else how many lines were held back since the last.
    package mutating func pass(at now: UInt64) -> UInt64? {
        guard isOpen(at: now) else {
            heldBack += 1
            return nil
        }
        next = now + intervalNanoseconds
        defer { heldBack = 0 }
        return heldBack
    }
}
