import LogFormat
import LogStore
import SyncProtocol
import Testing

@testable import SyncEngine

@Suite("Two connections of one site")
struct TwoConnectionsTests {
    private struct NoKeys: PersonKeyExchange {
        func keyPackets(
            for site: SiteID,
            agreementKey: [UInt8],
            knownByPeer known: Set<[UInt8]>
        ) throws -> (packets: [[UInt8]], keyIDs: [[UInt8]]) { ([], []) }

        func accept(_ packets: [[UInt8]], from site: SiteID) throws -> Int { 0 }
    }

    @Test("when one of them goes, the site is as connected as the other says, and not before it is gone too")
    func oneGoes() throws {
        let registry = try RegistryOnDisks(2)
        let hub = try registry.site(0, keys: NoKeys())
        let clinic = registry.stores[1].log
        let connections = (0..<2).map { number in
            PeerConnection(peerKey: clinic.identity.publicKey, isDialled: true, address: "clinic:\(number)") { _ in }
        }
        var status = SyncStatus()
        for connection in connections {
            hub.take(.proven(connection))
            hub.take(.introduced(connection, epoch: clinic.epoch))
            status.word = .inSync
            hub.take(.status(connection, status))
        }
        func known() throws -> ControlReply.Peer {
            try #require(hub.peerReports().first { $0.site == clinic.site })
        }
        // Of two that were dialled by the same site the later one stays.
        status.word = .ended
        hub.take(.status(connections[0], status))
        hub.take(.closed(connections[0], .duplicate, retryAfterSeconds: nil))
        #expect(try known().isConnected)
        #expect(try known().status.word == .inSync)
        #expect(try known().ageSeconds == 0)
        hub.take(.status(connections[1], status))
        hub.take(.closed(connections[1], .disconnected, retryAfterSeconds: nil))
        #expect(try !known().isConnected)
        #expect(try known().status.word == .ended)
    }
}
