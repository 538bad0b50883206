import LogFormat
import Schema
import Testing

@testable import SyncProtocol

@Suite("What is kept of other sites")
struct PeerNotesTests {
    private static func notes() throws -> PeerNotes {
        var sending = SyncStatus()
        sending.word = .sending
        sending.toSend.entries = 3
        sending.toSend.bytes = 700
        sending.clockOffsetMilliseconds = -61_000
        var inSync = SyncStatus()
        inSync.word = .inSync
        func peer(_ byte: UInt8, _ status: SyncStatus, age: UInt64?, inSync: UInt64?, _ isConnected: Bool) throws
            -> ControlReply.Peer
        {
            ControlReply.Peer(
                site: try #require(SiteID([UInt8](repeating: byte, count: 16))),
                epoch: EpochID([1, 2, 3, 4, 5, 6, 7, byte]),
                status: status,
                ageSeconds: age,
                inSyncAgeSeconds: inSync,
                closed: isConnected ? nil : "the connection was lost",
                closedReason: isConnected ? nil : .disconnected,
                isConnected: isConnected,
                openIncidents: 0
            )
        }
        return PeerNotes(
            writtenMilliseconds: 1_700_000_000_000,
            peers: [
                try peer(1, sending, age: 5, inSync: nil, false), try peer(2, inSync, age: 0, inSync: 0, true),
                try peer(3, sending, age: 0, inSync: 40, true), try peer(4, SyncStatus(), age: nil, inSync: nil, false),
            ]
        )
    }

    @Test("What was written is read")
    func roundTrip() throws {
        let notes = try Self.notes()
        #expect(try PeerNotes(notes.encoded) == notes)
        #expect(notes.encoded.count <= PeerNotes.fileBytesMaximum)
    }

    /// As many sites as a hub may have, with all that may be said of each.
    private static func fleet(_ count: Int, says all: Bool) throws -> [ControlReply.Peer] {
        let model = try #require(try notes().peers.last)
        return try (0..<count).map { number in
            var peer = model
            let bytes = (0..<16).map { UInt8(truncatingIfNeeded: number >> (8 * (15 - $0))) }
            peer.site = try #require(SiteID(bytes))
            peer.ageSeconds = UInt64(number)
            guard all else { return peer }
            peer.inSyncAgeSeconds = .max
            peer.closed = "\(CloseReason.unknownCriticalFrame)"
            peer.closedReason = .other
            peer.openIncidents = .max
            peer.reportedBy = peer.site
            peer.status.word = .cutOff
            (peer.status.toSend.entries, peer.status.toSend.bytes) = (.max, .max)
            (peer.status.toReceive.entries, peer.status.toReceive.bytes) = (.max, .max)
            peer.status.clockOffsetMilliseconds = .min
            peer.status.sendBytesPerSecond = .max
            peer.status.peerProgram = String(repeating: "\u{1F9EA}", count: 64)
            for feed in 0..<UInt8(Limits.reportFeeds) {
                let epoch = try #require(EpochID([UInt8](repeating: feed, count: 8)))
                peer.status.note(OwnHead(epoch: epoch, lane: .urgent, position: Limits.position))
            }
            return peer
        }
    }

    @Test("Why a session ended is read by its number, whatever the words")
    func closedReason() throws {
        func read(_ number: UInt32?) throws -> CloseReason? {
            var wire = ControlReply(outcome: .done, peers: try Self.notes().peers, process: 1, program: "p").wire
            wire.peers[0].closed = "as a later release says it"
            if let number { wire.peers[0].closedReason = number } else { wire.peers[0].clearClosedReason() }
            return try ControlReply.decode(ControlFrame.encode(wire.encodedBytes()))?.peers[0].closedReason
        }
        for reason in CloseReason.allCases { #expect(try read(reason.rawValue) == reason) }
        #expect(try read(99) == .other)
        #expect(try read(nil) == nil)
    }

    @Test("Of the sites of a large registry none is left out, in the notes and in what the daemon answers")
    func wholeFleet() throws {
        let peers = try Self.fleet(5_000, says: false)
        #expect(try PeerNotes(PeerNotes(writtenMilliseconds: 1, peers: peers).encoded).peers == peers)
        let reply = ControlReply(outcome: .done, peers: peers, process: 1, program: "p")
        let answer = try #require(try ControlReply.decode(reply.encoded))
        #expect(answer.peers == peers)
        #expect(answer.message.isEmpty)
    }

    @Test("There is room for every site that a have-vector has room for, whatever is said of it")
    func room() throws {
        let reply = ControlReply(outcome: .done, peers: try Self.fleet(8, says: true), process: 1, program: "p")
        let sites = Limits.vectorFeeds / 4
        #expect(reply.encoded.count / 8 * sites <= ControlReply.bytesMaximum)
    }

    @Test("Where not all fit as many are listed as do, and how many are not is said")
    func cut() throws {
        let reply = ControlReply(outcome: .done, peers: try Self.fleet(100, says: false), process: 1, program: "p")
        let whole = reply.wire.encodedBytes().count
        let cut = reply.wire(limitBytes: whole - 1)
        #expect(cut.peers.count >= 98)
        #expect(cut.encodedBytes().count < whole)
        #expect(cut.message.contains("\(100 - cut.peers.count) more sites"))
        #expect(reply.wire(limitBytes: whole).peers.count == 100)
    }

    @Test("Every byte counts: no damaged or shortened file is taken for true")
    func damage() throws {
        let bytes = try Self.notes().encoded
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 0x10
            #expect(throws: SyncError.self) { try PeerNotes(damaged) }
        }
        for count in bytes.indices { #expect(throws: SyncError.self) { try PeerNotes(Array(bytes.prefix(count))) } }
    }

    @Test("Later everything is older, nobody is connected, and a clock set back makes nothing younger")
    func later() throws {
        let notes = try Self.notes()
        let peers = notes.peers(at: notes.writtenMilliseconds + 90_999)
        #expect(peers.map(\.ageSeconds) == [95, 90, 90, nil])
        #expect(peers.map(\.inSyncAgeSeconds) == [nil, 90, 130, nil])
        #expect(peers.map(\.isConnected) == [false, false, false, false])
        #expect(peers.map(\.status.word) == [.sending, .ended, .cutOff, .connecting])
        #expect(notes.peers(at: 0).map(\.ageSeconds) == [5, 0, 0, nil])
        #expect(notes.peers(at: .min).map(\.ageSeconds) == [5, 0, 0, nil])
        #expect(Array(notes.heard(at: notes.writtenMilliseconds + 1_000).values).sorted() == [1, 41])
    }
}
