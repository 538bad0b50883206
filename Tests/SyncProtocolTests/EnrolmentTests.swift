import Crypto
import LogFormat
import SyncProtocol
import TestSupport
import Testing

@Suite("Enrolment and roster")
struct EnrolmentTests {
    private let draft = RosterDraft(recordedMilliseconds: 1, zoneOffsetMinutes: 0, program: "test")

    private func founding(_ administrator: SimulatedKeys) throws -> [UInt8] {
        try draft.founding(
            name: "Test",
            administrator: administrator.keys,
            recoveryKey: Array(repeating: 1, count: 32),
            nonce: Array(repeating: 2, count: 16)
        )
    }

    @Test("a request and an invitation survive being pasted with indentation and text around")
    func texts() throws {
        var generator = SplitMix64(seed: 3)
        let administrator = try SimulatedKeys(&generator)
        let clinic = try SimulatedKeys(&generator)
        let request = try EnrolmentRequest(
            keys: clinic.keys,
            alias: "GY",
            role: "clinic",
            addresses: ["a.example:7440"]
        )
        let text = try request.text(signature: [UInt8](try clinic.key.signature(for: request.statement)))
        let pasted = "Dear colleague,\r\n" + text.split(separator: "\n").map { "  \($0) \r\n" }.joined() + "Regards"
        #expect(try EnrolmentRequest(text: pasted) == request)
        #expect(request.fingerprint.count == 8)

        let invitation = try Invitation(
            admittedSite: clinic.keys.signing.siteID,
            dialKey: administrator.keys.signing,
            addresses: [],
            foundingEntry: try founding(administrator)
        )
        #expect(try Invitation(text: invitation.text, for: clinic.keys.signing.siteID) == invitation)
        let error = #expect(throws: SyncError.self) {
            try Invitation(text: invitation.text, for: administrator.keys.signing.siteID)
        }
        #expect(error?.code == .notForUs)
        #expect(throws: SyncError.self) { try EnrolmentRequest(text: invitation.text) }
    }

    @Test(
        "no invitation is written and no site admitted with addresses that nobody could read",
        arguments: [
            ["hub.example.org"], ["hub.example.org:0"], ["a:1", "b"], (1...9).map { "a.example:\($0)" },
        ]
    )
    func addresses(_ addresses: [String]) throws {
        var generator = SplitMix64(seed: 3)
        let administrator = try SimulatedKeys(&generator)
        let clinic = try SimulatedKeys(&generator)
        let founding = try founding(administrator)
        let error = #expect(throws: SyncError.self) {
            try Invitation(
                admittedSite: clinic.keys.signing.siteID,
                dialKey: administrator.keys.signing,
                addresses: addresses,
                foundingEntry: founding
            )
        }
        #expect(error?.code == .illFormed)
        #expect(throws: SyncError.self) {
            try draft.admission(
                clinic.keys,
                alias: "GY",
                role: "clinic",
                addresses: addresses,
                in: try Roster(founding: founding)
            )
        }
    }

    @Test("a site whose alias another got too can be changed and keeps it; nobody else is called so")
    func sharedAlias() throws {
        let fixture = try RosterFixture(4, seed: 21)
        var script = RosterScript(fixture)
        try script.found(admitting: 1)
        let view = try script.roster
        // Two epochs of the administrator, neither of which knew of the other.
        for index in [1, 2] {
            let bytes = try fixture.draft.admission(fixture.sites[index].keys, alias: "GY", role: "clinic", in: view)
            script.append(bytes, to: fixture.feed(0, epoch: UInt8(index)))
        }
        let roster = try script.roster
        let member = try #require(roster[fixture.id(1)])
        #expect(member.alias.hasPrefix("GY-") && member.admittedAlias == "GY")
        let change = try fixture.at(9).admission(
            member.keys,
            alias: member.admittedAlias,
            role: "hub",
            in: roster
        )
        script.append(change, to: fixture.feed(0))
        #expect(try script.roster[fixture.id(1)]?.role == "hub")
        let error = #expect(throws: SyncError.self) {
            try fixture.draft.admission(fixture.sites[3].keys, alias: "GY", role: "clinic", in: roster)
        }
        #expect(error?.code == .notAllowed)
    }

    @Test("one changed character of a request is noticed", arguments: 0..<20)
    func changed(index: Int) throws {
        var generator = SplitMix64(seed: 3)
        let clinic = try SimulatedKeys(&generator)
        let request = try EnrolmentRequest(keys: clinic.keys, alias: "GY", role: "clinic", addresses: [])
        var text = Array(try request.text(signature: [UInt8](try clinic.key.signature(for: request.statement))).utf8)
        let place = 40 + index * 9
        text[place] = text[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        #expect(throws: SyncError.self) { try EnrolmentRequest(text: String(decoding: text, as: UTF8.self)) }
    }

    @Test("the words are 256 different ones of 4 to 8 letters, and another key has others")
    func words() throws {
        #expect(FingerprintWords.all.count == 256)
        #expect(Set(FingerprintWords.all).count == 256)
        #expect(FingerprintWords.all == FingerprintWords.all.sorted())
        #expect(FingerprintWords.all.allSatisfy { (4...8).contains($0.count) })
        var generator = SplitMix64(seed: 1)
        #expect(
            Fingerprint.words(for: try SimulatedKeys(&generator).keys)
                != Fingerprint.words(for: try SimulatedKeys(&generator).keys)
        )
    }

    @Test("between epochs of the administrator the one recorded later counts, in whatever order entries are read")
    func laterEpoch() throws {
        var generator = SplitMix64(seed: 11)
        let administrator = try SimulatedKeys(&generator)
        let clinic = try SimulatedKeys(&generator)
        let founding = try founding(administrator)
        let empty = try Roster(founding: founding)
        let site = clinic.keys.signing.siteID
        // Epoch 1 says HH and then, with a clock set back, RR; epoch 2, recorded between the two, says ZZ.
        var entries: [RosterEntry] = []
        for (epoch, position, recorded, alias) in [
            (UInt8(1), UInt64(2), Int64(100), "HH"), (1, 3, 50, "RR"), (2, 2, 75, "ZZ"),
        ] {
            var draft = draft
            draft.recordedMilliseconds = recorded
            let feed = FeedID(
                site: administrator.keys.signing.siteID,
                epoch: try #require(EpochID([UInt8](repeating: epoch, count: 8))),
                lane: .roster
            )
            let bytes = try draft.admission(clinic.keys, alias: alias, role: "clinic", in: empty)
            entries.append(RosterEntry(feed: feed, position: position, bytes: bytes))
        }
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let roster = try Roster(founding: founding, entries: order.map { entries[$0] })
            #expect(roster[site]?.alias == "ZZ", "its feed's last word was recorded last")
        }
    }

    @Test("what is left to send or receive is a sum that claims of a peer can not break")
    func remainderOfClaims() {
        var remainder = SyncRemainder()
        for _ in 0..<2049 { remainder.add(entries: 1 << 53, bytes: 1 << 53) }
        #expect(remainder.entries == .max && remainder.bytes == .max)
    }

    @Test("a roster does not depend on the order of its entries, and a revocation is final")
    func rosterIsASet() throws {
        var generator = SplitMix64(seed: 9)
        let administrator = try SimulatedKeys(&generator)
        let clinic = try SimulatedKeys(&generator)
        let other = try SimulatedKeys(&generator)
        let founding = try founding(administrator)
        let empty = try Roster(founding: founding)
        let feed = FeedID(
            site: administrator.keys.signing.siteID,
            epoch: try #require(EpochID(generator.bytes(8))),
            lane: .roster
        )
        let site = clinic.keys.signing.siteID
        let admit = try draft.admission(clinic.keys, alias: "GY", role: "clinic", in: empty)
        let listed = try Roster(founding: founding, entries: [RosterEntry(feed: feed, position: 2, bytes: admit)])
        #expect(listed.standing(of: clinic.keys.signing) == .member)
        #expect(throws: SyncError.self) { try draft.admission(other.keys, alias: "GY", role: "hub", in: listed) }
        let revoke = try draft.revocation(of: site, cutOffs: [], reason: "lost", in: listed)
        let again = try draft.admission(clinic.keys, alias: "GY", role: "clinic", in: empty)
        let gone = try Roster(
            founding: founding,
            entries: [admit, revoke].enumerated().map {
                RosterEntry(feed: feed, position: UInt64($0.offset + 2), bytes: $0.element)
            }
        )
        #expect(throws: SyncError.self, "case numbers of a revoked site go on to begin with its alias") {
            try draft.admission(other.keys, alias: "GY", role: "hub", in: gone)
        }
        let entries = [admit, revoke, again].enumerated().map {
            RosterEntry(feed: feed, position: UInt64($0.offset + 2), bytes: $0.element)
        }
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]] {
            let roster = try Roster(founding: founding, entries: order.map { entries[$0] })
            #expect(roster.standing(of: clinic.keys.signing) == .revoked)
            #expect(roster.bound(of: FeedID(site: site, epoch: feed.epoch, lane: .records)) == .nothing)
        }
        let foreign = FeedID(site: site, epoch: feed.epoch, lane: .roster)
        let forged = try draft.admission(other.keys, alias: "XX", role: "hub", in: empty)
        let roster = try Roster(founding: founding, entries: [RosterEntry(feed: foreign, position: 1, bytes: forged)])
        #expect(roster.standing(of: other.keys.signing) == .stranger)
        #expect(roster.ignoredEntries == 1)
    }

    @Test("control messages survive, in one piece only")
    func control() throws {
        var generator = SplitMix64(seed: 2)
        let site = try SimulatedKeys(&generator).keys.signing.siteID
        for verb in [
            ControlRequest.Verb.status, .syncNow(peer: nil), .syncNow(peer: site),
            .waitUntilInSync(peer: site, timeoutSeconds: 9), .stop, .endFetch,
        ] {
            let bytes = ControlRequest(verb).encoded
            #expect(try ControlRequest.decode(bytes) == ControlRequest(verb))
            for count in 0..<bytes.count { #expect(try ControlRequest.decode(Array(bytes.prefix(count))) == nil) }
        }
        var status = SyncStatus()
        status.word = .cutOff
        status.toSend.entries = 4
        let peer = ControlReply.Peer(
            site: site,
            epoch: nil,
            status: status,
            ageSeconds: 1,
            inSyncAgeSeconds: nil,
            closed: "x",
            isConnected: false,
            openIncidents: 2
        )
        let reply = ControlReply(outcome: .done, peers: [peer], process: 1, program: "p")
        #expect(try ControlReply.decode(reply.encoded) == reply)
    }
}
