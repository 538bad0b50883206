import LogFormat
import Synchronization

/// The key a peer showed in a handshake, carried from the TLS handler to the one behind it.
///
/// Showing is not proving: it counts only once the handshake completed, for then the peer has signed with it.
final class ProvenKey: Sendable {
    private let key = Mutex<SitePublicKey?>(nil)

    /// nil before the peer's certificate came, and in a handshake without one.
    var value: SitePublicKey? { key.withLock { $0 } }

    func set(_ key: SitePublicKey) { self.key.withLock { $0 = key } }
}
