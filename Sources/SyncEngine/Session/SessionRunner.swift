package import LogFormat
package import SyncProtocol

/// A ``SyncSession`` where its connection lives.
package final class SessionRunner: SessionMachine {
    private var session: SyncSession
    package private(set) var peerEpoch: EpochID?

    package init(_ configuration: SyncConfiguration) { session = SyncSession(configuration) }

    package func handle(_ input: SyncInput, at moment: SyncMoment) -> [SyncAction] {
        let actions = session.handle(input, at: moment)
        if peerEpoch == nil { peerEpoch = session.peerEpoch }
        return actions
    }

    package var status: SyncStatus { session.status }
    package var dependsOnTime: Bool { session.dependsOnTime }
    /// Whether what is counted feed by feed is right; looks at every feed.
    package var hasExactAccounts: Bool { session.hasExactAccounts }
    /// What came from the peer and has not reached the store yet.
    package var waitingBytes: Int { session.waitingBytes }
}
