package import LogFormat
package import SyncProtocol
import Synchronization

/// What became of one dialled connection.
package struct DialOutcome: Hashable, Sendable {
    /// Whether the peer said HELLO and it was accepted.
    package var isIntroduced: Bool
    /// The epoch it said it writes: whose copy of the site it is that answers there.
    package var epoch: EpochID?
    /// Why it ended; nil where no session came of it.
    package var reason: CloseReason?
    /// Why no session came of it.
    package var refusal: Refusal?
    /// How long the side that ended it asked to be left alone.
    package var retryAfterSeconds: UInt32?

    /// Whether entries came to be durable here, or the peer acknowledged some.
    package var hasMovedEntries: Bool
    /// How long the session lasted, in milliseconds.
    package var lastedMilliseconds: UInt64

    /// A session that lasted this long, in milliseconds, was worth its connection also when there was nothing to move.
    package static let worthwhileMilliseconds: UInt64 = 10_000

    package init(
        isIntroduced: Bool = false,
        reason: CloseReason? = nil,
        retryAfterSeconds: UInt32? = nil,
        hasMovedEntries: Bool = false,
        lastedMilliseconds: UInt64 = 0
    ) {
        self.isIntroduced = isIntroduced
        self.reason = reason
        self.retryAfterSeconds = retryAfterSeconds
        self.hasMovedEntries = hasMovedEntries
        self.lastedMilliseconds = lastedMilliseconds
    }

    /// Whether the peer was reached, it was worth it, and nothing speaks against coming back soon.
    ///
    /// A TCP connection alone says nothing about the site behind it. A site that refuses, that has another connection of
    /// ours, or that falls over right after HELLO, would be dialled twice a second for ever.
    package var wasReached: Bool {
        guard isIntroduced, hasMovedEntries || lastedMilliseconds >= Self.worthwhileMilliseconds else { return false }
        switch reason {
        case .finished, .shuttingDown, .silent, .disconnected: return true
        default: return false
        }
    }

    /// After how many seconds a peer that is there, and has no place now, is to be dialled again; nil where it said nothing,
    /// or less than ``Admission/waitSeconds``.
    ///
    /// It spreads these moments itself, and keeps a place for who comes then, not for who comes later.
    package var placeAfterSeconds: UInt32? {
        guard reason == .busy, let seconds = retryAfterSeconds, seconds >= Admission.waitSeconds.lowerBound else {
            return nil
        }
        return seconds
    }
}

/// Where a connection writes its ``DialOutcome`` for the dialler that waits for its end.
package final class DialReport: Sendable {
    private let state = Mutex(DialOutcome())

    package init() {}

    package var outcome: DialOutcome { state.withLock { $0 } }

    func introduced(_ epoch: EpochID) {
        state.withLock {
            $0.isIntroduced = true
            $0.epoch = epoch
        }
    }

    /// No session came of it.
    package func refused(_ why: Refusal) { state.withLock { $0.refusal = why } }

    func movedEntries() { state.withLock { $0.hasMovedEntries = true } }

    func ended(_ reason: CloseReason, retryAfterSeconds: UInt32?, lastedMilliseconds: UInt64) {
        state.withLock {
            $0.reason = reason
            $0.lastedMilliseconds = lastedMilliseconds
            $0.retryAfterSeconds = retryAfterSeconds
        }
    }
}
