import Synchronization

/// Counts what is open.
final class ConnectionCount: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    func enter(atMost limit: Int) -> Bool {
        count.withLock {
            guard $0 < limit else { return false }
            $0 += 1
            return true
        }
    }

    func leave() { count.withLock { $0 -= 1 } }
}

/// More connections at once than allowed; the newest is closed without a word.
struct TooManyConnections: Error {}
