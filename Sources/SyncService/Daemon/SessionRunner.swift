import LogFormat
import SyncProtocol

/// A ``SyncSession`` on the event loop of its connection.
final class SessionRunner: SessionMachine {
    private var session: SyncSession
    private(set) var peerEpoch: EpochID?

    init(_ configuration: SyncConfiguration) { session = SyncSession(configuration) }

    func handle(_ input: SyncInput, at moment: SyncMoment) -> [SyncAction] {
        let actions = session.handle(input, at: moment)
        if peerEpoch == nil { peerEpoch = session.peerEpoch }
        return actions
    }

    var status: SyncStatus { session.status }
}
