import Glibc

/// Which seeds a random test runs: `ABSCOPE_SEED=n` replays one, `ABSCOPE_SEEDS=n` sets how many.
package enum Seeds {
    /// - Parameter count: How many seeds an ordinary run takes.
    /// - Returns: `0..<count`, unless the environment says otherwise.
    /// - Precondition: The two variables, where set, hold whole numbers.
    package static func run(_ count: Int) -> [UInt64] {
        if let seed = number("ABSCOPE_SEED") { return [seed] }
        return Array(0..<(number("ABSCOPE_SEEDS") ?? UInt64(count)))
    }

    private static func number(_ name: String) -> UInt64? {
        guard let text = unsafe getenv(name).map({ unsafe String(cString: $0) }) else { return nil }
        guard let value = UInt64(text) else { preconditionFailure("\(name) must be a whole number, not \(text)") }
        return value
    }
}
