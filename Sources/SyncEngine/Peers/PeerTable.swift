package import LogFormat
package import StoreIO
package import SyncProtocol
import Synchronization

/// The sessions that are up, and which of two connections of the same pair stays.
package final class PeerTable: Sendable {
    /// What tells one peer from another: a clone of a site is another peer, and shows.
    package struct Key: Hashable, Comparable, Sendable {
        package var site: SiteID
        package var epoch: EpochID

        package init(site: SiteID, epoch: EpochID) {
            self.site = site
            self.epoch = epoch
        }

        package static func < (left: Key, right: Key) -> Bool {
            left.site == right.site
                ? left.epoch.bytes.lexicographicallyPrecedes(right.epoch.bytes) : left.site < right.site
        }
    }

    /// How a peer stands.
    package struct Peer: Sendable {
        package var connection: PeerConnection
        package var status: SyncStatus
        /// When the peer proved its key, on the steady clock. Its first words may be heard much later, when the disk stands
        /// still.
        var provenNanoseconds: UInt64
    }

    private struct State {
        var introduced: [Key: Peer] = [:]
        /// Where each of them stands.
        var keys: [ObjectIdentifier: Key] = [:]
        /// Proven, but the peer has not said its epoch, in the order in which they came.
        var waiting: [Peer] = []
    }

    private let localSite: SiteID
    private let clock: any WallClock
    private let state = Mutex(State())

    /// - Parameters:
    ///   - localSite: This store's site.
    ///   - clock: Tells how old a connection is.
    package init(localSite: SiteID, clock: any WallClock) {
        self.localSite = localSite
        self.clock = clock
    }

    /// Takes note of what a connection told; closes the one of two that has to go.
    package func take(_ event: PeerEvent) {
        switch event {
        case .proven(let connection):
            let peer = made(connection)
            state.withLock { $0.waiting.append(peer) }
        case .introduced(let connection, let epoch): introduce(connection, epoch)
        case .status(let connection, let status):
            state.withLock { state in
                if let key = state.keys[ObjectIdentifier(connection)] {
                    state.introduced[key]?.status = status
                    return
                }
                // What a session says of the peer's first words may be told before those.
                for index in state.waiting.indices where state.waiting[index].connection == connection {
                    state.waiting[index].status = status
                }
            }
        case .closed(let connection, _, _):
            state.withLock { state in
                state.waiting.removeAll { $0.connection == connection }
                if let key = state.keys.removeValue(forKey: ObjectIdentifier(connection)) {
                    state.introduced[key] = nil
                }
            }
        default: break
        }
    }

    private func made(_ connection: PeerConnection) -> Peer {
        Peer(connection: connection, status: SyncStatus(), provenNanoseconds: clock.steadyNanoseconds())
    }

    private func introduce(_ connection: PeerConnection, _ epoch: EpochID) {
        let key = Key(site: connection.peerKey.siteID, epoch: epoch)
        let made = made(connection)
        let loser: PeerConnection? = state.withLock { state in
            let index = state.waiting.firstIndex { $0.connection == connection }
            let peer = index.map { state.waiting.remove(at: $0) } ?? made
            guard let other = state.introduced[key] else {
                state.introduced[key] = peer
                state.keys[ObjectIdentifier(connection)] = key
                return nil
            }
            let stays = ConnectionChoice.stays(
                dialler: dialler(of: connection),
                otherDialler: dialler(of: other.connection),
                olderNanoseconds: peer.provenNanoseconds - min(peer.provenNanoseconds, other.provenNanoseconds)
            )
            if stays {
                state.introduced[key] = peer
                state.keys[ObjectIdentifier(other.connection)] = nil
                state.keys[ObjectIdentifier(connection)] = key
            }
            return stays ? other.connection : connection
        }
        loser?.send(.finish(.duplicate, retryAfterSeconds: nil))
    }

    private func dialler(of connection: PeerConnection) -> SiteID {
        connection.isDialled ? localSite : connection.peerKey.siteID
    }

    /// Peers whose epoch is known, ascending.
    package var peers: [(key: Key, peer: Peer)] {
        state.withLock { state in
            state.introduced.map { (key: $0.key, peer: $0.value) }
        }.sorted { $0.key < $1.key }
    }

    /// How the session with a site stands that is up, of one whose peer has said its epoch rather than another; nil while
    /// none is.
    package func status(of site: SiteID) -> SyncStatus? {
        state.withLock { state in
            let introduced = state.introduced.filter { $0.key.site == site }.min { $0.key < $1.key }?.value
            return (introduced ?? state.waiting.last { $0.connection.peerKey.siteID == site })?.status
        }
    }

    /// Whether there is a connection to a site that carries something: one whose session has come to its end does not, also
    /// while what had arrived on it is being stored.
    ///
    /// - Parameters:
    ///   - site: Which.
    ///   - epoch: Of which of its copies, where it is known who is meant: beside a copy of a disk that dials, the other one
    ///     has to be dialled.
    /// - Returns: True also for one whose peer has not said its epoch.
    package func isConnected(_ site: SiteID, writing epoch: EpochID?) -> Bool {
        state.withLock { state in
            let introduced = state.introduced.filter { key, _ in
                key.site == site && (epoch == nil || key.epoch == epoch)
            }
            let waiting = state.waiting.filter { $0.connection.peerKey.siteID == site }
            return (introduced.map(\.value) + waiting).contains {
                $0.status.word != .ended && $0.status.word != .cutOff
            }
        }
    }

    /// Hands every session an input: new heads, a new roster, the end.
    package func sendToAll(_ input: SyncInput) {
        for connection in connections { connection.send(input) }
    }

    /// Hands an input to the sessions with some sites.
    package func send(_ input: SyncInput, to sites: [SiteID]) {
        for connection in connections where sites.contains(connection.peerKey.siteID) { connection.send(input) }
    }

    private var connections: [PeerConnection] {
        state.withLock { state in
            // In an order of its own, so that what the peers are sent comes from nothing but what happened.
            state.waiting.map(\.connection) + state.introduced.sorted { $0.key < $1.key }.map(\.value.connection)
        }
    }

    /// The connection with this id, when its peer has said its epoch.
    func connection(_ id: ObjectIdentifier) -> PeerConnection? {
        state.withLock { state in state.keys[id].flatMap { state.introduced[$0]?.connection } }
    }

    /// Whether no session is left.
    package var isEmpty: Bool { state.withLock { $0.waiting.isEmpty && $0.introduced.isEmpty } }
}
