import LogFormat
import SyncProtocol
import Testing

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
