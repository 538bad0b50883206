package import LogFormat
package import SyncProtocol
import Synchronization

/// A connection whose two ends have proven their keys, as other threads see it.
package final class PeerConnection: Sendable {
    /// The key the peer proved.
    package let peerKey: SitePublicKey
    /// Whether this end dialled.
    package let isDialled: Bool
    /// Where the peer is, for the log.
    package let address: String
    /// Stands for the keys of persons that the peer has, or was sent on this connection; nil before it has said what it has.
    ///
    /// Of this connection only: what another one sent may have been lost with it, on the peer's disk, or because the peer
    /// could not open it, and a key that is missing makes names unreadable.
    let sentKeys = Mutex<[UInt8]?>(nil)
    /// Some keys that came on it could not be kept: no mark that comes after them is true.
    let hasLostKeys = Mutex(false)
    /// What was said of other sites on it, and when last.
    let toldReports = Mutex(ToldReports())
    private let heard = Mutex<UInt64?>(nil)
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

    /// When the other end last gave a sign of itself, by the clock that goes on while the machine sleeps;
    /// nil while the connection stands.
    package internal(set) var heardNanoseconds: UInt64? {
        get { heard.withLock { $0 } }
        set { heard.withLock { $0 = newValue } }
    }

    /// Says that what ``PeerEvent/keysArrived(_:_:mark:)`` told was dealt with. Until then it counts as a call of the store, so
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
