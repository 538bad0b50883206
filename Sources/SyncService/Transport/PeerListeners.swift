import Logging
import NIOCore
import StoreIO
import SyncEngine

/// The sockets a daemon is called at, which are open while the site's own link is: who calls a closed link costs it nothing
/// but the packet that says so.
actor PeerListeners {
    private let transport: PeerTransport
    private let logger: Logger
    private var sockets: [(address: PeerAddress, channel: (any Channel)?)] = []
    private var gate = LogGate()

    init(_ transport: PeerTransport, logger: Logger) { (self.transport, self.logger) = (transport, logger) }

    /// Listens on an address of the configuration for as long as the daemon runs.
    ///
    /// - Throws: ``ListenFailure`` when the address can not be had.
    func begin(on address: PeerAddress) async throws {
        let channel = try await transport.listen(on: address)
        // Of any free port it stays the one that was found.
        let bound = PeerAddress(host: address.host, port: channel.localAddress?.port ?? address.port)
        sockets.append((bound, channel))
        logger.notice("listening", metadata: ["address": "\(bound)"])
    }

    /// Opens or closes the sockets with the link. One whose address somebody else took meanwhile is said, and opened the next
    /// time.
    ///
    /// - Throws: What closing one met.
    func follow(isOpen: Bool) async throws {
        guard isOpen else { return try await close() }
        for index in sockets.indices where sockets[index].channel == nil {
            do {
                sockets[index].channel = try await transport.listen(on: sockets[index].address)
            } catch {
                guard gate.pass(at: transport.clock.steadyNanoseconds()) != nil else { continue }
                logger.error(
                    "an address to listen on can not be had again",
                    metadata: ["address": "\(sockets[index].address)", "why": "\(error)"]
                )
            }
        }
    }

    /// Closes them all; connections live on.
    ///
    /// - Throws: What closing one met.
    func close() async throws {
        var errors = FirstError()
        for index in sockets.indices {
            guard let channel = sockets[index].channel else { continue }
            sockets[index].channel = nil
            await errors.of { try await channel.close() }
        }
        if let error = errors.error { throw error }
    }
}
