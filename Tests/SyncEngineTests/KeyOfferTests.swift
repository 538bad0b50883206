import LogFormat
import LogStore
import SyncProtocol
import Synchronization
import TestSupport
import Testing

@testable import SyncEngine

@Suite("Offers of person keys")
struct KeyOfferTests {
    /// Two keys, the mark of each offer, and of what came.
    private final class TwoKeys: PersonKeyExchange {
        static let ids: [[UInt8]] = [[1], [2]]
        let asked = Mutex<[[UInt8]]>([])
        let kept = Mutex<[[UInt8]]>([])

        func keyPackets(
            for site: SiteID,
            agreementKey: [UInt8],
            ofAuthors authors: Set<SiteID>?,
            after mark: [UInt8]
        ) throws -> (packets: [[UInt8]], mark: [UInt8]) {
            asked.withLock { $0.append(mark) }
            return (Array(Self.ids.dropFirst(mark.count)), [9, 9])
        }

        /// An empty packet can not be kept.
        func accept(_ packets: [[UInt8]], from site: SiteID, upTo mark: [UInt8]) throws -> Int {
            guard packets.allSatisfy({ !$0.isEmpty }) else { throw Refused() }
            kept.withLock { $0.append(mark) }
            return packets.count
        }

        func marks() throws -> [SiteID: [UInt8]] { [:] }
        struct Refused: Error {}
    }

    private func connection(to clinic: LogStore) -> PeerConnection {
        PeerConnection(peerKey: clinic.identity.publicKey, isDialled: true, address: "clinic:1") { _ in }
    }

    @Test("Each connection is offered what follows the mark its peer said, once, and nothing before that is said")
    func eachConnection() throws {
        let registry = try RegistryOnDisks(2)
        let keys = TwoKeys()
        let hub = try registry.site(0, keys: keys)
        let connections = (0..<2).map { _ in connection(to: registry.stores[1].log) }
        for connection in connections {
            hub.take(.proven(connection))
            try hub.sendKeys(to: connection)
        }
        #expect(keys.asked.withLock { $0 } == [])
        connections[0].sentKeys.withLock { $0 = [] }
        connections[1].sentKeys.withLock { $0 = [5] }
        for connection in connections + connections { try hub.sendKeys(to: connection) }
        #expect(keys.asked.withLock { $0 } == [[], [5], [9, 9], [9, 9]])
    }

    @Test("Keys that came are offered to the others at once, and not to who sent them")
    func passedOn() throws {
        let registry = try RegistryOnDisks(3)
        let keys = TwoKeys()
        let hub = try registry.site(0, keys: keys)
        let (sender, other) = (connection(to: registry.stores[1].log), connection(to: registry.stores[2].log))
        for (connection, mark, store) in [(sender, [7], 1), (other, [5], 2)] as [(PeerConnection, [UInt8], Int)] {
            hub.take(.proven(connection))
            hub.take(.introduced(connection, epoch: registry.stores[store].log.epoch))
            connection.sentKeys.withLock { $0 = mark }
        }
        hub.take(.keysArrived(sender, [[1]], mark: [3, 3]))
        #expect(keys.asked.withLock { $0 } == [[5]])
        #expect(keys.kept.withLock { $0 } == [[3, 3]])
    }

    @Test("The mark of keys that came is said in the next session, but not once some of a connection could not be kept")
    func saysMark() throws {
        let registry = try RegistryOnDisks(2)
        let keys = TwoKeys()
        let hub = try registry.site(0, keys: keys)
        let clinic = registry.stores[1].log
        let (first, second) = (connection(to: clinic), connection(to: clinic))
        _ = try hub.take([[1]], mark: [3, 3], from: first)
        #expect(hub.keyMarks.withLock { $0 } == [clinic.site: [3, 3]])
        #expect(throws: TwoKeys.Refused.self) { _ = try hub.take([[]], mark: [4, 4], from: first) }
        _ = try hub.take([[2]], mark: [5, 5], from: first)
        #expect(hub.keyMarks.withLock { $0 } == [clinic.site: [3, 3]])
        _ = try hub.take([[2]], mark: [6, 6], from: second)
        #expect(hub.keyMarks.withLock { $0 } == [clinic.site: [6, 6]])
        #expect(keys.kept.withLock { $0 } == [[3, 3], [], [6, 6]])
    }
}
