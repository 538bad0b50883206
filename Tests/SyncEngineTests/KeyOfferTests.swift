import LogFormat
import LogStore
import SyncProtocol
import Synchronization
import TestSupport
import Testing

@testable import SyncEngine

@Suite("Offers of person keys")
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
    func eachConnection() throws {
        let registry = try RegistryOnDisks(2)
        let keys = TwoKeys()
        let hub = try registry.site(0, keys: keys)
        let connections = (0..<2).map { _ in
            PeerConnection(
                peerKey: registry.stores[1].log.identity.publicKey,
                isDialled: true,
                address: "clinic:1"
            ) { _ in }
        }
        for connection in connections { hub.take(.proven(connection)) }
        for connection in connections + connections { try hub.sendKeys(to: connection) }
        let all = Set(TwoKeys.ids)
        #expect(keys.leftOut.withLock { $0 } == [[], [], all, all])
    }
}
