import Foundation
import LogFormat
import SyncProtocol
import Testing

/// Requests, invitations and the control socket, made by a second implementation.
@Suite("Wire vectors: enrolment and control")
struct WireTextVectorTests {
    private struct Texts: Decodable {
        struct Request: Decodable {
            var text, signingKey, agreementKey, agreementSignature, alias, role: String
            var addresses: [String]
            var fingerprint: [Int]
        }

        struct Offer: Decodable {
            var text, site, dialKey, foundingEntry, registry: String
            var addresses: [String]
        }

        struct Refusal: Decodable { var name, kind, error, text: String }

        var request: Request
        var invitation: Offer
        var refused: [Refusal]
    }

    private struct Control: Decodable {
        struct Row: Decodable { var name, bytes: String }
        struct Refusal: Decodable { var name, error, bytes: String }

        var messages: [Row]
        var refused: [Refusal]
    }

    @Test("A request is read, has its words, and is written byte for byte")
    func request() throws {
        let vector = try WireVectorFiles.read("texts.json", as: Texts.self).request
        let keys = SiteKeySet(
            signing: try #require(SitePublicKey(try WireVectorFiles.bytes(vector.signingKey))),
            agreement: try WireVectorFiles.bytes(vector.agreementKey),
            agreementSignature: try WireVectorFiles.bytes(vector.agreementSignature)
        )
        let request = try EnrolmentRequest(
            keys: keys,
            alias: vector.alias,
            role: vector.role,
            addresses: vector.addresses
        )
        #expect(try EnrolmentRequest(text: vector.text) == request)
        #expect(request.fingerprint == vector.fingerprint.map { FingerprintWords.all[$0] })
        // Ed25519 signatures of the vectors are deterministic; ours need not be. The one that came is put back.
        let lines = vector.text.split(separator: "\n")
        let bytes = try #require(
            Self.bytes(base64: lines.dropFirst().prefix { !$0.hasPrefix("=") }.joined())
        )
        #expect(try request.text(signature: Array(bytes.suffix(64))) == vector.text)
    }

    @Test("An invitation is read for its site only and written byte for byte")
    func invitation() throws {
        let vector = try WireVectorFiles.read("texts.json", as: Texts.self).invitation
        let site = try #require(SiteID(try WireVectorFiles.bytes(vector.site)))
        let invitation = try Invitation(
            admittedSite: site,
            dialKey: try #require(SitePublicKey(try WireVectorFiles.bytes(vector.dialKey))),
            addresses: vector.addresses,
            foundingEntry: try WireVectorFiles.bytes(vector.foundingEntry)
        )
        #expect(try Invitation(text: vector.text, for: site) == invitation)
        #expect(invitation.text == vector.text)
        #expect(invitation.registry.bytes == (try WireVectorFiles.bytes(vector.registry)))
        let error = #expect(throws: SyncError.self) {
            try Invitation(text: vector.text, for: try #require(SiteID(Array(0..<16))))
        }
        #expect(error?.code == .notForUs)
    }

    @Test("Texts that were damaged, mixed up or signed for something else are refused for that reason")
    func refusedTexts() throws {
        let texts: Texts = try WireVectorFiles.read("texts.json")
        #expect(texts.refused.count == 7)
        let site = try #require(SiteID(try WireVectorFiles.bytes(texts.invitation.site)))
        for row in texts.refused {
            let error = #expect(throws: SyncError.self, "\(row.name)") {
                if row.kind == "request" {
                    _ = try EnrolmentRequest(text: row.text)
                } else {
                    _ = try Invitation(text: row.text, for: site)
                }
            }
            #expect(error.map { "\($0.code)" } == row.error, "\(row.name)")
        }
    }

    @Test("Messages of the control socket are read as what they mean and written byte for byte")
    func control() throws {
        let vectors: Control = try WireVectorFiles.read("control.json")
        #expect(vectors.messages.count == 8)
        let site = try #require(SiteID(Array(0..<16)))
        let (feed, head, blocks) = try Self.fetched()
        let requests: [String: ControlRequest] = [
            "request status": ControlRequest(.status),
            "request sync now": ControlRequest(.syncNow(peer: site)),
            "request wait for all": ControlRequest(.waitUntilInSync(peer: nil, timeoutSeconds: 90)),
            "request stop": ControlRequest(.stop),
            "request entries": ControlRequest(.fetch(peer: site, feed: feed, after: head)),
            "request no more entries": ControlRequest(.endFetch),
        ]
        for row in vectors.messages {
            let bytes = try WireVectorFiles.bytes(row.bytes)
            if let request = requests[row.name] {
                #expect(try ControlRequest.decode(bytes) == request, "\(row.name)")
                #expect(request.encoded == bytes, "\(row.name)")
            } else {
                let reply = row.name == "reply" ? try Self.reply(site, reporter: feed.site) : Self.reply(with: blocks)
                #expect(try ControlReply.decode(bytes) == reply, "\(row.name)")
                #expect(reply.encoded == bytes, "\(row.name)")
            }
        }
        for row in vectors.refused {
            let bytes = try WireVectorFiles.bytes(row.bytes)
            if row.error == "waits" {
                #expect(try ControlRequest.decode(bytes) == nil, "\(row.name)")
                continue
            }
            let error = #expect(throws: SyncError.self, "\(row.name)") { try ControlRequest.decode(bytes) }
            #expect(error.map { "\($0.code)" } == row.error, "\(row.name)")
        }
    }

    /// What the vectors of DATA carry: their feed, the head behind the first three entries, and all blocks.
    private static func fetched() throws -> (FeedID, FeedHead, [Block]) {
        let rows: [Frame] = try WireVectorFiles.read("data.json")
        let row = try #require(rows.first { $0.name == "plain and deflated" })
        var decoder = FrameDecoder()
        decoder.append(try WireVectorFiles.bytes(row.frame))
        let message = try SyncMessage(#require(try decoder.next()))
        guard case .data(let data) = message, data.blocks.count == 2 else { throw NoData() }
        return (data.feed, data.blocks[0].header.head, data.blocks)
    }

    private struct Frame: Decodable { var name, frame: String }
    private struct NoData: Error {}

    private static func reply(with blocks: [Block]) -> ControlReply {
        ControlReply(outcome: .done, process: 4711, program: "vectors 0", blocks: blocks)
    }

    private static func reply(_ site: SiteID, reporter: SiteID) throws -> ControlReply {
        let epoch = try #require(EpochID(Array(0x20..<0x28)))
        var sending = SyncStatus()
        sending.word = .sending
        sending.toSend.entries = 5
        sending.toSend.bytes = 700
        sending.clockOffsetMilliseconds = -3
        sending.peerProgram = "vectors 0"
        sending.note(OwnHead(epoch: epoch, lane: .records, position: 301))
        var left = SyncStatus()
        left.word = .cutOff
        left.toReceive.entries = 9
        let peers = [
            ControlReply.Peer(
                site: site,
                epoch: epoch,
                status: sending,
                ageSeconds: 2,
                inSyncAgeSeconds: 60,
                closed: nil,
                isConnected: true,
                openIncidents: 1
            ),
            ControlReply.Peer(
                site: site,
                epoch: nil,
                status: left,
                ageSeconds: 1,
                inSyncAgeSeconds: nil,
                closed: "the network",
                closedReason: .disconnected,
                isConnected: false,
                openIncidents: 0,
                reportedBy: reporter
            ),
            ControlReply.Peer(
                site: site,
                epoch: nil,
                status: SyncStatus(),
                ageSeconds: nil,
                inSyncAgeSeconds: nil,
                closed: nil,
                isConnected: false,
                openIncidents: 0
            ),
        ]
        return ControlReply(
            outcome: .timedOut,
            message: "The time is over.",
            peers: peers,
            process: 4711,
            program: "vectors 0"
        )
    }

    private static func bytes(base64 text: String) -> [UInt8]? {
        Data(base64Encoded: text).map { [UInt8]($0) }
    }
}
