/// A ``LogGate`` for each of many peers, so that a noisy one silences nobody else.
///
/// Bounded, for anybody can make a key or take another address: when all gates are in use, whoever comes next shares one.
package struct LogGates: Sendable {
    /// Most peers that have a gate of their own.
    package static let gatesMaximum = 64

    private let intervalSeconds: UInt64
    private var gates: [String: LogGate] = [:]
    private var shared: LogGate

    package init(intervalSeconds: UInt64 = 10) {
        self.intervalSeconds = intervalSeconds
        shared = LogGate(intervalSeconds: intervalSeconds)
    }

    /// - Parameters:
    ///   - peer: Whose line it is: a site, or an address without its port.
    ///   - now: A steady count of nanoseconds.
    /// - Returns: nil to stay silent; else how many lines of this peer were held back since the last, as far as is known.
    package mutating func pass(_ peer: String, at now: UInt64) -> UInt64? {
        if gates[peer] == nil, gates.count >= Self.gatesMaximum { gates = gates.filter { !$0.value.isOpen(at: now) } }
        guard gates[peer] != nil || gates.count < Self.gatesMaximum else { return shared.pass(at: now) }
        return gates[peer, default: LogGate(intervalSeconds: intervalSeconds)].pass(at: now)
    }
}
