package import LogFormat
package import SyncProtocol

/// A session as ``PeerHandler`` drives it: inputs in, actions out, always on one event loop.
package protocol SessionMachine: AnyObject {
    /// Takes one input and says what to do, in order. ``SyncInput/disconnected`` is answered by
    /// ``SyncAction/close(_:retryAfterSeconds:)`` sooner or later.
    func handle(_ input: SyncInput, at moment: SyncMoment) -> [SyncAction]
    /// How the two stores stand to each other.
    var status: SyncStatus { get }
    /// Whether ``SyncInput/tick`` has to come within a second.
    var dependsOnTime: Bool { get }
    /// The epoch the peer writes, once it has said so.
    var peerEpoch: EpochID? { get }
}
