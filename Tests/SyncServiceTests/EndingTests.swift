import LogFormat
import LogStore
import Logging
import NIOCore
import NIOPosix
import StoreIO
import SyncEngine
import SyncProtocol
import TestSupport
import Testing

@testable import SyncService

/// Daemons that are ended otherwise than by being asked to.
@Suite("How a daemon ends", .timeLimit(.minutes(10)))
struct EndingTests {
    @Test("A cancelled daemon ends in order, and goes on telling how it left its store")
    func cancelled() async throws {
        let registry = try TestRegistry()
        let clinic = try registry.member("AA")
        let (hub, lines) = (try await registry.hub.start(listens: true), LogLines())
        var configuration = DaemonConfiguration()
        configuration.peers = [try hub.address]
        let daemon = try clinic.daemon(configuration, lines)
        let running = Task { try await daemon.run() }
        try await until { daemon.peerReports().contains { $0.status.word == .inSync } }
        running.cancel()
        try await within { try await running.value }
        #expect(lines.has("stopped"))
        let files = LinuxFileSystem()
        #expect(try files.exists(clinic.log.root + "/peers.state"))
        #expect(try !files.exists(clinic.log.root + "/control.sock"))
        try DaemonLock(store: clinic.log.root, in: files).release()
        #expect(try await daemon.storeFigures()?.feeds == clinic.log.feeds().count)
        #expect(await daemon.peerReportsUpToDate().map(\.isConnected) == [false])
        #expect(!lines.has("the store's figures can not be read"))
        // It heard a good-bye.
        try await until { try !hub.peer(clinic).isConnected }
        #expect(try hub.peer(clinic).closedReason == .shuttingDown)
        try await hub.stop()
    }

    @Test("While a daemon works on a store no other one is even made")
    func second() async throws {
        let node = try TestRegistry().hub
        let first = try await node.start()
        #expect(throws: StorageError(.locked, "")) { try node.daemon() }
        try await first.stop()
        _ = try node.daemon()
    }

    @Test("A daemon whose store is replaced under it ends and says so")
    func replaced() async throws {
        let (node, lines) = (try TestRegistry().hub, LogLines())
        let daemon = try node.daemon(DaemonConfiguration(), lines)
        let running = Task { try await daemon.run() }
        try await until { lines.has("started") }
        try LinuxFileSystem().renameWithoutReplacing(node.log.paths.heads, to: node.log.paths.heads + ".old")
        let error = await #expect(throws: StorageError.self) { try await within { try await running.value } }
        #expect(error?.code == .moved)
        #expect(error?.message.contains("start the daemon again") == true)
    }

    @Test("A dial to somebody who does not answer is given up as soon as its task is cancelled")
    func dial() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 0)
            .serverChannelOption(.autoRead, value: false)
            .bind(host: "127.0.0.1", port: 0)
            .get()
        let port = try #require(listener.localAddress?.port)
        // Takes the only place: who comes next is not answered.
        let first = try await ClientBootstrap(group: group).connect(host: "127.0.0.1", port: port).get()
        var limits = TransportLimits()
        limits.handshakeMilliseconds = 3_600_000
        let end = try End(limits: limits)
        let dialling = Task {
            _ = try await end.transport.dial(host: "127.0.0.1", port: port, expecting: end.key.siteID)
        }
        dialling.cancel()
        await #expect(throws: CancellationError.self) { try await within { try await dialling.value } }
        try await first.close()
        try await listener.close()
    }

    @Test("An address that somebody took while the link was closed is named with what to do")
    func taken() async throws {
        let (end, lines) = (try End(), LogLines())
        let listeners = PeerListeners(end.transport, logger: Logger(label: "test") { _ in lines })
        // Below the ports that Linux gives to whoever asks for any, of which another test could be given this one meanwhile.
        for port in (20_000..<32_768).shuffled().prefix(100) where lines.value("address", of: "listening") == nil {
            try? await listeners.begin(on: try #require(PeerAddress("127.0.0.1:\(port)")))
        }
        let place = try #require(lines.value("address", of: "listening").flatMap { PeerAddress($0) })
        try await listeners.follow(isOpen: false)
        var other: (any Channel)?
        // A program that another test starts meanwhile holds what was open then until it has begun.
        try await until {
            other = try? await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: place.host, port: place.port)
                .get()
            return other != nil
        }
        try await listeners.follow(isOpen: true)
        let why = lines.value("why", of: "an address to listen on can not be had again")
        #expect(why?.hasPrefix("Another program listens on \(place)") == true, "\(why ?? "nothing was said")")
        try await other?.close()
        try await listeners.close()
    }
}
