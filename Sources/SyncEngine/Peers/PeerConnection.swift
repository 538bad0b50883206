package import LogFormat
package import SyncProtocol
import Synchronization

/// What a peer was told of other sites.
struct ToldReports: Sendable {
    var reports: [SiteID: SiteReport] = [:]
    var nanoseconds: UInt64?
}

/// A connection whose two ends have proven their keys, as other threads see it.
package final class PeerConnection: Sendable {
    /// The key the peer proved.
    package let peerKey: SitePublicKey
    /// Whether this end dialled.
    package let isDialled: Bool
    /// Where the peer is, for the log.
    package let address: String
    /// Ids of the keys of persons that were sent on it.
    ///
    /// Of this connection only: a peer says nothing of the keys it kept. They may have been lost with another connection,
    /// on the peer's disk, or because it could not open them, and a key that is missing makes names unreadable.
    let sentKeys = Mutex<Set<[UInt8]>>([])
    /// What was said of other sites on it, and when last.
    let toldReports = Mutex(ToldReports())
    private let perform: @Sendable (@escaping @Sendable (SessionDriver) -> Void) -> Void

    /// - Parameters:
    ///   - peerKey: The key the peer proved.
    ///   - isDialled: Whether this end dialled.
    ///   - address: Where the peer is, for the log.
    ///   - perform: Runs what it is given where the session lives, each after what it was given before. After the
    ///     connection closed too: nothing happens then.
    package init(
        peerKey: SitePublicKey,
        isDialled: Bool,
        address: String,
        perform: @escaping @Sendable (@escaping @Sendable (SessionDriver) -> Void) -> Void
    ) {
        self.peerKey = peerKey
        self.isDialled = isDialled
        self.address = address
        self.perform = perform
    }

    /// Says that what ``PeerEvent/keysArrived(_:_:)`` told was dealt with. Until then it counts as a call of the store, so
    /// that a peer that sends keys faster than they are kept is read from no further.
    package func keysTaken() { perform { $0.keysTaken() } }

    /// Returns once the session has taken in every input that was handed to it before.
    package func drained() async {
        await withCheckedContinuation { continuation in perform { _ in continuation.resume() } }
    }

    /// Hands the session an input; after the connection closed nothing happens.
    package func send(_ input: SyncInput) { perform { $0.feed(input) } }
}

extension PeerConnection: Equatable {
    package static func == (left: PeerConnection, right: PeerConnection) -> Bool { left === right }
}
