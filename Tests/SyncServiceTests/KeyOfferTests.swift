import LogFormat
import LogStore
import NIOCore
import SyncProtocol
import Synchronization
import Testing

@testable import SyncService

@Suite("Offers of person keys", .timeLimit(.minutes(10)))
struct KeyOfferTests {
    /// Two keys, and what was left out of each offer.
    private final class TwoKeys: PersonKeyExchange {
        static let ids: [[UInt8]] = [[1], [2]]
        let leftOut = Mutex<[Set<[UInt8]>]>([])

        func keyPackets(
            for site: SiteID,
            agreementKey: [UInt8],
            knownByPeer known: Set<[UInt8]>
        ) throws -> (packets: [[UInt8]], keyIDs: [[UInt8]]) {
            leftOut.withLock { $0.append(known) }
            let offered = Self.ids.filter { !known.contains($0) }
            return (offered, offered)
        }

        func accept(_ packets: [[UInt8]], from site: SiteID) throws -> Int { 0 }
    }

    @Test("Of two connections of one site each is offered every key once: one of them is about to go")
    func eachConnection() async throws {
        let registry = try TestRegistry()
        let clinic = try registry.member("AA")
        let keys = TwoKeys()
        let daemon = try registry.hub.daemon(keys: keys)
        let here = try End(signingKey: registry.hub.log.identity.signingKey)
        let there = try End(signingKey: clinic.log.identity.signingKey)
        let (listener, port) = try await there.listen()
        var connections: [PeerConnection] = []
        var channels: [any Channel] = []
        for _ in 0..<2 {
            channels.append(
                try await here.transport.dial(host: "127.0.0.1", port: port, expecting: clinic.log.site)
            )
            connections.append(try await here.events.proven())
        }
        for connection in connections { daemon.take(.proven(connection)) }
        for connection in connections + connections { try daemon.sendKeys(to: connection) }
        let all = Set(TwoKeys.ids)
        #expect(keys.leftOut.withLock { $0 } == [[], [], all, all])
        for channel in channels { try await channel.close() }
        try await listener.close()
    }
}
