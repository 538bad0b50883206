package import SyncProtocol
import Synchronization

/// What became of one dialled connection.
package struct DialOutcome: Hashable, Sendable {
    /// Whether the peer said HELLO and it was accepted.
    package var isIntroduced: Bool
    /// Why it ended; nil where no session came of it.
    package var reason: CloseReason?
    /// How long the side that ended it asked to be left alone.
    package var retryAfterSeconds: UInt32?

    package init(isIntroduced: Bool = false, reason: CloseReason? = nil, retryAfterSeconds: UInt32? = nil) {
        self.isIntroduced = isIntroduced
        self.reason = reason
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// Whether the peer was reached and nothing speaks against coming back soon.
    ///
    /// A TCP connection alone says nothing about the site behind it, and a site that refuses, or that has another
    /// connection of ours, would be dialled twice a second for ever.
    package var wasReached: Bool {
        guard isIntroduced else { return false }
        switch reason {
        case .finished, .shuttingDown, .silent, .disconnected: return true
        default: return false
        }
    }
}

/// Where a connection writes its ``DialOutcome`` for the dialler that waits for its end.
final class DialReport: Sendable {
    private let state = Mutex(DialOutcome())

    var outcome: DialOutcome { state.withLock { $0 } }

    func introduced() { state.withLock { $0.isIntroduced = true } }

    func ended(_ reason: CloseReason, retryAfterSeconds: UInt32?) {
        state.withLock {
            $0.reason = reason
            $0.retryAfterSeconds = retryAfterSeconds
        }
    }
}
