package import LogFormat
import NIOCore
package import SyncProtocol

/// A connection whose two ends have proven their keys, as other threads see it.
package final class PeerConnection: Sendable {
    /// The key the peer proved.
    package let peerKey: SitePublicKey
    /// Whether this end dialled.
    package let isDialled: Bool
    /// Where the peer is, for the log.
    package let address: String
    private let loop: any EventLoop
    private let handler: NIOLoopBound<PeerHandler>

    init(peerKey: SitePublicKey, isDialled: Bool, address: String, handler: PeerHandler, loop: any EventLoop) {
        self.peerKey = peerKey
        self.isDialled = isDialled
        self.address = address
        self.loop = loop
        self.handler = NIOLoopBound(handler, eventLoop: loop)
    }

    /// Hands the session an input; after the connection closed nothing happens.
    package func send(_ input: SyncInput) {
        loop.execute { self.handler.value.feed(input) }
    }
}

extension PeerConnection: Equatable {
    package static func == (left: PeerConnection, right: PeerConnection) -> Bool { left === right }
}
