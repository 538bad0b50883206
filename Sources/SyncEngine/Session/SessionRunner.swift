package import LogFormat
package import SyncProtocol
import Synchronization

/// A ``SyncSession`` where its connection lives.
package final class SessionRunner: SessionMachine {
    private var session: SyncSession
    package private(set) var peerEpoch: EpochID?
    /// For all sessions: few compress at the same moment, and each would keep its memory.
    private static let compressor = Mutex(PieceCompressor())

    package init(_ configuration: SyncConfiguration) { session = SyncSession(configuration) }

    package func handle(_ input: SyncInput, at moment: SyncMoment) -> [SyncAction] {
        let shared = Self.compressor.withLockIfAvailable { session.handle(input, at: moment, using: &$0) }
        let actions = shared ?? handleAlone(input, at: moment)
        if peerEpoch == nil { peerEpoch = session.peerEpoch }
        return actions
    }

    /// While another thread has the compressor that is shared.
    private func handleAlone(_ input: SyncInput, at moment: SyncMoment) -> [SyncAction] {
        var compressor = PieceCompressor()
        return session.handle(input, at: moment, using: &compressor)
    }

    package var status: SyncStatus { session.status }
    package var dependsOnTime: Bool { session.dependsOnTime }
    /// Whether what is counted feed by feed is right; looks at every feed.
    package var hasExactAccounts: Bool { session.hasExactAccounts }
    /// What came from the peer and has not reached the store yet.
    package var waitingBytes: Int { session.waitingBytes }
}
