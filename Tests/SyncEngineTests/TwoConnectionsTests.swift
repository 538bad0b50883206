import LogFormat
import LogStore
import StoreIO
import SyncProtocol
import Synchronization
import Testing

@testable import SyncEngine

@Suite("Two connections of one site")
struct TwoConnectionsTests {
    @Test("when one of them goes, the site is as connected as the other says, and not before it is gone too")
    func oneGoes() throws {
        let registry = try RegistryOnDisks(2)
        let hub = try registry.site(0, keys: NoPersonKeys())
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

    @Test("the one that stays says how the site stands, also when it said so before the peer was introduced")
    func saidBefore() throws {
        let registry = try RegistryOnDisks(2)
        let hub = try registry.site(0, keys: NoPersonKeys())
        let clinic = registry.stores[1].log
        let connections = (0..<2).map { number in
            PeerConnection(peerKey: clinic.identity.publicKey, isDialled: false, address: "clinic:\(number)") { _ in }
        }
        func known() throws -> ControlReply.Peer {
            try #require(hub.peerReports().first { $0.site == clinic.site })
        }
        var status = SyncStatus()
        status.word = .inSync
        hub.take(.proven(connections[0]))
        hub.take(.introduced(connections[0], epoch: clinic.epoch))
        hub.take(.status(connections[0], status))
        // HELLO and HAVE came in one piece: what follows from both is said before who the peer is.
        hub.take(.proven(connections[1]))
        hub.take(.status(connections[1], status))
        hub.take(.introduced(connections[1], epoch: clinic.epoch))
        status.word = .ended
        hub.take(.status(connections[0], status))
        hub.take(.closed(connections[0], .duplicate, retryAfterSeconds: nil))
        #expect(try known().isConnected)
        #expect(try known().status.word == .inSync)
    }

    @Test("when one goes while the peer of the other has not said its epoch, the site stays connected")
    func goesEarly() throws {
        let registry = try RegistryOnDisks(2)
        let hub = try registry.site(0, keys: NoPersonKeys())
        let clinic = registry.stores[1].log
        let connections = (0..<2).map { number in
            PeerConnection(peerKey: clinic.identity.publicKey, isDialled: false, address: "clinic:\(number)") { _ in }
        }
        hub.take(.proven(connections[0]))
        hub.take(.introduced(connections[0], epoch: clinic.epoch))
        hub.take(.proven(connections[1]))
        hub.take(.closed(connections[0], .disconnected, retryAfterSeconds: nil))
        let known = try #require(hub.peerReports().first { $0.site == clinic.site })
        #expect(known.isConnected)
        #expect(known.status.word == .connecting)
    }

    @Test("whenever the second is proven while the first one goes, the site stays connected", arguments: 1...4)
    func provenMeanwhile(question number: Int) throws {
        let registry = try RegistryOnDisks(2)
        let clock = InterruptingClock(registry.stores[0].surroundings.clock)
        let hub = try registry.site(0, keys: NoPersonKeys(), clock: clock)
        let clinic = registry.stores[1].log
        let connections = (0..<2).map { number in
            PeerConnection(peerKey: clinic.identity.publicKey, isDialled: false, address: "clinic:\(number)") { _ in }
        }
        hub.take(.proven(connections[0]))
        hub.take(.introduced(connections[0], epoch: clinic.epoch))
        let isProven = Mutex(false)
        clock.interrupt(at: number) {
            hub.take(.proven(connections[1]))
            isProven.withLock { $0 = true }
        }
        hub.take(.closed(connections[0], .disconnected, retryAfterSeconds: nil))
        // The clock is asked so often at least, whatever it is asked for.
        try #require(isProven.withLock { $0 })
        let known = try #require(hub.peerReports().first { $0.site == clinic.site })
        #expect(known.isConnected)
        #expect(known.status.word == .connecting)
    }

    @Test("a copy of a site's disk that dials is not taken for the one that is dialled")
    func copies() throws {
        let registry = try RegistryOnDisks(2)
        let hub = try registry.site(0, keys: NoPersonKeys())
        let clinic = registry.stores[1].log
        let copy = try #require(EpochID([9, 9, 9, 9, 9, 9, 9, 9]))
        let connections = (0..<2).map { number in
            PeerConnection(peerKey: clinic.identity.publicKey, isDialled: false, address: "clinic:\(number)") { _ in }
        }
        func isConnected(_ epoch: EpochID?) -> Bool { hub.peers.isConnected(clinic.site, writing: epoch) }
        #expect(!isConnected(nil))
        hub.take(.proven(connections[0]))
        // It may be either.
        #expect(isConnected(nil) && isConnected(copy) && isConnected(clinic.epoch))
        hub.take(.introduced(connections[0], epoch: copy))
        #expect(isConnected(nil) && isConnected(copy) && !isConnected(clinic.epoch))
        hub.take(.proven(connections[1]))
        hub.take(.introduced(connections[1], epoch: clinic.epoch))
        #expect(isConnected(clinic.epoch))
        // What had arrived on a connection that is gone is still being stored.
        var status = SyncStatus()
        status.word = .cutOff
        hub.take(.status(connections[1], status))
        #expect(!isConnected(clinic.epoch) && isConnected(nil))
    }

    @Test(
        "who dials a connected site has lost that connection; of two that dialled at once the smaller site's stays",
        arguments: [UInt64(1), UInt64(Limits.crossedDialSeconds) + 1]
    )
    func dialsAgain(age seconds: UInt64) throws {
        let registry = try RegistryOnDisks(2)
        let hub = try registry.site(0, keys: NoPersonKeys())
        let clinic = registry.stores[1].log
        for isFirstDialled in [false, true] {
            let heard = Heard()
            let connections = [isFirstDialled, !isFirstDialled].enumerated().map { number, isDialled in
                PeerConnection(peerKey: clinic.identity.publicKey, isDialled: isDialled, address: "\(number)") { _ in
                    heard.note(number)
                }
            }
            for connection in connections {
                hub.take(.proven(connection))
                hub.take(.introduced(connection, epoch: clinic.epoch))
                registry.stores[0].surroundings.clock.pause(nanoseconds: seconds * 1_000_000_000)
            }
            // The loser is told to finish; nobody is told anything else.
            let isSmaller = registry.stores[0].log.site < clinic.site
            let isEarlierKept = seconds == 1 && isFirstDialled == isSmaller
            #expect(heard.numbers == [isEarlierKept ? 1 : 0])
            for connection in connections { hub.take(.closed(connection, .duplicate, retryAfterSeconds: nil)) }
        }
    }

    /// Which connections were given something to do.
    private final class Heard: Sendable {
        private let state = Mutex<[Int]>([])
        var numbers: [Int] { state.withLock { $0 } }

        func note(_ number: Int) { state.withLock { $0.append(number) } }
    }
}
