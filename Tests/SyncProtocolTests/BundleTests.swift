import Crypto
import LogFormat
import TestSupport
import Testing

@testable import SyncProtocol

/// A bundle with everything needed to make it again and to open it.
private struct Parcel {
    let sender: SimulatedKeys
    let receivers: [(site: SiteID, key: Curve25519.KeyAgreement.PrivateKey)]
    let statement: BundleStatement
    let messages: [SyncMessage]
    let bytes: [UInt8]
    let headerBytes: Int

    // `entries` of `entryBytes` random bytes each; the statement names `feeds`.
    init(_ seed: UInt64, entries: Int, entryBytes: Int, receivers count: Int = 1, feeds: Int = 1) throws {
        var generator = SplitMix64(seed: seed)
        sender = try SimulatedKeys(&generator)
        let site = sender.keys.signing.siteID
        let registry = RegistryID(foundedBy: [1, 2, 3])
        let epoch = try #require(EpochID(generator.bytes(8)))
        let feed = FeedID(site: site, epoch: epoch, lane: .records)
        var head = FeedChain.start(key: sender.keys.signing, epoch: epoch, lane: .records)
        var messages: [SyncMessage] = []
        for _ in 0..<entries {
            let blocks = try Block.plain([generator.bytes(entryBytes)], after: head).blocks
            messages.append(
                .data(
                    .init(
                        feed: feed,
                        after: head.position,
                        digest: ShortDigest(head.digest),
                        isPushed: false,
                        blocks: blocks
                    )
                )
            )
            head = try #require(blocks.last?.header.head)
        }
        let word = try Checkpoint(signing: head, of: feed, registry: registry, with: sender.key)
        messages.append(.checkpoint(feed: feed, head: head, signature: word.signature))
        messages.append(.keys([[1, 2, 3]]))
        self.messages = messages
        var vector = HaveVector()
        for number in 0..<feeds {
            // One site has no more than so many.
            let owner = number < Limits.feedsPerSite ? site : try #require(SiteID(generator.bytes(16)))
            let other = FeedID(site: owner, epoch: try #require(EpochID(generator.bytes(8))), lane: .urgent)
            let held = number == 0 ? feed : other
            vector[held] = HaveRow(position: head.position, digest: ShortDigest(head.digest), bytes: 0)
        }
        statement = BundleStatement(
            hello: .init(
                versions: SyncMessage.Hello.supportedVersions,
                features: 0,
                registry: registry,
                site: site,
                epoch: epoch,
                wallMilliseconds: 5,
                program: "test"
            ),
            vector: vector
        )
        receivers = try (0..<count).map { _ in
            (
                try #require(SiteID(generator.bytes(16))),
                try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: generator.bytes(32))
            )
        }
        var writer = try BundleWriter(
            number: 3,
            secret: try #require(BundleSecret(generator.bytes(32))),
            recipients: receivers.map { ($0.site, [UInt8]($0.key.publicKey.rawRepresentation)) },
            statement: statement,
            signingKey: sender.key
        )
        var bytes = try writer.begin()
        for message in messages {
            let expected = writer.lengthBytes(with: message)
            bytes += try writer.add(message)
            var whole = writer
            let end = try whole.finish()
            #expect(expected == UInt64(bytes.count + end.count), "the length was foretold")
        }
        bytes += try writer.finish()
        #expect(writer.writtenBytes == UInt64(bytes.count))
        self.bytes = bytes
        headerBytes = writer.header.encoded.count
    }

    /// What is read of some bytes by the first receiver, or another.
    func read(
        _ bytes: [UInt8],
        by receiver: Int = 0,
        pieceBytes: Int = 1 << 16
    ) throws(SyncError) -> (events: [BundleReader.Event], isComplete: Bool, error: SyncError?) {
        guard bytes.count >= BundleHeader.prefixBytes else { return ([], false, nil) }
        let header = try BundleHeader(decoding: Array(bytes.prefix(try BundleHeader.lengthBytes(bytes))))
        try header.verify(key: sender.keys.signing)
        let (site, key) = receivers[receiver]
        var reader = BundleReader(header, secret: try header.secret(for: site, with: key))
        var events: [BundleReader.Event] = []
        do throws(SyncError) {
            for start in stride(from: header.encoded.count, to: bytes.count, by: pieceBytes) {
                reader.append(Array(bytes[start..<min(start + pieceBytes, bytes.count)]))
                while let event = try reader.next() { events.append(event) }
                #expect(reader.bufferedBytes <= Limits.bundleChunkBytes + 20 + pieceBytes, "memory is a chunk's")
            }
        } catch {
            return (events, false, error)
        }
        return (events, reader.isComplete, nil)
    }

    var events: [BundleReader.Event] { [.statement(statement)] + messages.map { .message($0) } }
}

@Suite("Bundles")
struct BundleTests {
    @Test("What is put in comes out at every recipient, in chunks as small as they come", arguments: [1, 3, 64])
    func roundTrip(receivers: Int) throws {
        let parcel = try Parcel(1, entries: 40, entryBytes: 9_000, receivers: receivers)
        #expect(parcel.bytes.count > 2 * Limits.bundleChunkBytes)
        for receiver in Set([0, receivers / 2, receivers - 1]) {
            for pieceBytes in [1, 997, 1 << 20] where pieceBytes > 1 || receiver == 0 {
                let found = try parcel.read(parcel.bytes, by: receiver, pieceBytes: pieceBytes)
                #expect(found.events == parcel.events)
                #expect(found.isComplete && found.error == nil)
            }
        }
    }

    @Test("A statement of many feeds takes as many frames as it needs")
    func longStatement() throws {
        let parcel = try Parcel(2, entries: 1, entryBytes: 10, feeds: 5_000)
        let found = try parcel.read(parcel.bytes)
        #expect(found.events == parcel.events)
        #expect(found.isComplete)
        #expect(parcel.statement.messages.count > 5)
    }

    @Test("Cut anywhere, it is valid up to its last whole chunk, and known to be incomplete")
    func truncation() throws {
        let parcel = try Parcel(3, entries: 20, entryBytes: 14_000)
        let whole = parcel.events
        // Where chunks end: found by how much is read of every length near them.
        var counts: Set<Int> = []
        let lengths =
            Array(0..<parcel.headerBytes + 300)
            + Array(stride(from: parcel.headerBytes, to: parcel.bytes.count, by: 997))
            + Array(parcel.bytes.count - 300..<parcel.bytes.count)
        for length in lengths {
            let cut = Array(parcel.bytes.prefix(length))
            guard length >= parcel.headerBytes else {
                if length >= BundleHeader.prefixBytes {
                    #expect(throws: SyncError.self) { try parcel.read(cut) }
                }
                continue
            }
            let found = try parcel.read(cut)
            #expect(found.error == nil && !found.isComplete, "\(length)")
            #expect(found.events == Array(whole.prefix(found.events.count)), "\(length)")
            counts.insert(found.events.count)
        }
        #expect(counts.count == 3, "nothing, one chunk, two chunks: \(counts)")
    }

    @Test("No byte can be turned over unnoticed")
    func flips() throws {
        let parcel = try Parcel(4, entries: 2, entryBytes: 60, receivers: 2)
        for index in parcel.bytes.indices {
            var bytes = parcel.bytes
            bytes[index] ^= 1 << UInt8(index % 8)
            do {
                let found = try parcel.read(bytes)
                #expect(index >= parcel.headerBytes, "a changed header was taken at \(index)")
                #expect(!found.isComplete, "byte \(index)")
                #expect(found.events == Array(parcel.events.prefix(found.events.count)), "byte \(index)")
            } catch {
                #expect(index < parcel.headerBytes, "byte \(index)")
            }
        }
    }

    @Test("Who is not named can not open it, nor who is named with another key, nor with another's name")
    func recipients() throws {
        let parcel = try Parcel(5, entries: 1, entryBytes: 10, receivers: 2)
        let header = try BundleHeader(decoding: Array(parcel.bytes[..<parcel.headerBytes]))
        let (first, second) = (parcel.receivers[0], parcel.receivers[1])
        #expect(
            try #require(throws: SyncError.self) { try header.secret(for: header.sender, with: first.key) }.code
                == .notForUs
        )
        #expect(throws: SyncError.self) { try header.secret(for: first.site, with: second.key) }
        #expect(
            try header.secret(for: first.site, with: first.key).bytes
                == header.secret(for: second.site, with: second.key).bytes
        )
        var generator = SplitMix64(seed: 6)
        let stranger = try SimulatedKeys(&generator).keys.signing
        #expect(try #require(throws: SyncError.self) { try header.verify(key: stranger) }.code == .signature)
    }

    @Test("A site is named once, and there is one at least and 64 at most")
    func recipientLimits() throws {
        let parcel = try Parcel(7, entries: 1, entryBytes: 10)
        let secret = try #require(BundleSecret(Array(repeating: 1, count: 32)))
        let keys = [UInt8](parcel.receivers[0].key.publicKey.rawRepresentation)
        func write(_ sites: [SiteID], _ key: [UInt8]) throws {
            _ = try BundleWriter(
                number: 1,
                secret: secret,
                recipients: sites.map { ($0, key) },
                statement: parcel.statement,
                signingKey: parcel.sender.key
            )
        }
        var generator = SplitMix64(seed: 8)
        let sites = try (0..<65).map { _ in try #require(SiteID(generator.bytes(16))) }
        #expect(throws: SyncError.self) { try write([], keys) }
        #expect(throws: SyncError.self) { try write(sites, keys) }
        #expect(throws: SyncError.self) { try write([sites[0], sites[0]], keys) }
        #expect(throws: SyncError.self) { try write([sites[0]], [1, 2, 3]) }
        try write(Array(sites.prefix(64)), keys)
    }

    @Test("After an error the reader says the same for ever and holds nothing")
    func failure() throws {
        let parcel = try Parcel(9, entries: 1, entryBytes: 10)
        let header = try BundleHeader(decoding: Array(parcel.bytes[..<parcel.headerBytes]))
        let (site, key) = parcel.receivers[0]
        var reader = BundleReader(header, secret: try header.secret(for: site, with: key))
        reader.append([0xFF, 0xFF, 0xFF, 0x7F])
        var errors: [SyncError] = []
        for _ in 1...2 {
            do throws(SyncError) {
                while try reader.next() != nil {}
            } catch {
                errors.append(error)
            }
            reader.append(Array(parcel.bytes[parcel.headerBytes...]))
            #expect(reader.bufferedBytes == 0)
        }
        #expect(errors.map(\.code) == [.tooLarge, .tooLarge])
        #expect(Set(errors).count == 1)
    }

    // MARK: - What goes in

    @Test("The plan: roster first, then lanes; what is known is left out, what somebody does not read too")
    func plan() throws {
        var generator = SplitMix64(seed: 10)
        let draft = RosterDraft(recordedMilliseconds: 1, zoneOffsetMinutes: 0, program: "test")
        let all = try (0..<4).map { _ in try SimulatedKeys(&generator) }
        let founding = try draft.founding(
            name: "Test",
            administrator: all[0].keys,
            recoveryKey: generator.bytes(32),
            nonce: generator.bytes(16)
        )
        let (hub, one, two, picky) = (
            all[0].keys.signing.siteID, all[1].keys.signing.siteID, all[2].keys.signing.siteID,
            all[3].keys.signing.siteID
        )
        let epoch = try #require(EpochID(generator.bytes(8)))
        let rosterFeed = FeedID(site: hub, epoch: epoch, lane: .roster)
        var entries = [RosterEntry(feed: rosterFeed, position: 1, bytes: founding)]
        for (index, keys) in all.dropFirst().enumerated() {
            let entry = try draft.admission(
                keys.keys,
                alias: DiskSite.alias(index + 1),
                role: "clinic",
                reads: index == 2 ? [one] : [],
                in: try Roster(founding: founding, entries: entries)
            )
            entries.append(RosterEntry(feed: rosterFeed, position: UInt64(index) + 2, bytes: entry))
        }
        let roster = try Roster(founding: founding, entries: entries)
        let digest = try #require(ChainDigest(generator.bytes(32)))
        func held(_ site: SiteID, _ lane: Lane, _ position: UInt64) -> HeldFeed {
            let head = FeedHead(position: position, digest: digest)
            return HeldFeed(
                feed: FeedID(site: site, epoch: epoch, lane: lane),
                stored: head,
                attested: head,
                storedBytes: 0
            )
        }
        let holdings = [
            held(hub, .roster, 4), held(hub, .records, 10), held(hub, .urgent, 2), held(one, .records, 5),
            held(two, .records, 6), held(two, .roster, 1),
        ]
        func plan(_ recipients: [SiteID], _ known: [SiteID: HaveVector] = [:], of sites: Set<SiteID>? = nil) -> [String]
        {
            BundlePlan(
                for: recipients,
                held: holdings,
                roster: roster,
                known: known,
                of: sites,
                head: { _, _ in nil }
            ).parts
                .map { part in
                    let name = [hub: "H", one: "1", two: "2"][part.feed.site] ?? "?"
                    return "\(name)\(part.feed.lane.rawValue):\(part.after)-\(part.end.position)"
                }
        }
        let records = [one, two].sorted().map { $0 == one ? "12:0-5" : "22:0-6" }
        let inOrder = ([hub, one, two].sorted()).compactMap { [hub: "H2:0-10", one: "12:0-5", two: "22:0-6"][$0] }
        #expect(records.count == 2)
        // Its own entries are not sent back, unless they are asked for.
        #expect(plan([one]) == ["H0:0-4", "20:0-1", "H1:0-2"] + inOrder.filter { !$0.hasPrefix("1") })
        #expect(plan([one], of: [one]) == ["12:0-5"])
        #expect(Set(plan([one, two])) == Set(["H0:0-4", "20:0-1", "H1:0-2"] + inOrder))
        // One that reads only some sites.
        // Lane 0 of every member is read by everybody.
        #expect(plan([picky]) == ["H0:0-4", "20:0-1", "12:0-5"])
        #expect(plan([picky, two]) == ["H0:0-4", "20:0-1", "12:0-5"])
        #expect(
            BundlePlan(
                for: [picky, two],
                held: holdings,
                roster: roster,
                known: [:],
                head: { _, _ in nil }
            ).leftOut.contains { $0.site == hub && $0.lane == .records }
        )
        // What they said they hold.
        var known = HaveVector()
        known[rosterFeed] = HaveRow(position: 4, digest: ShortDigest(digest), bytes: 0)
        known[FeedID(site: hub, epoch: epoch, lane: .records)] =
            HaveRow(position: 7, digest: ShortDigest(digest), bytes: 0)
        #expect(plan([picky], [picky: known]) == ["20:0-1", "12:0-5"])
        #expect(plan([one], [one: known]).contains("H2:7-10"))
        #expect(
            Set(plan([one, two], [one: known])) == Set(["H0:0-4", "20:0-1", "H1:0-2"] + inOrder),
            "two is not known"
        )
        var further = known
        further[FeedID(site: hub, epoch: epoch, lane: .records)] =
            HaveRow(position: 99, digest: ShortDigest(digest), bytes: 0)
        #expect(plan([one, two], [one: known, two: further]).contains("H2:7-10"), "the least counts")
        #expect(!plan([two], [two: further]).contains { $0.hasPrefix("H2") })
        // The receipt.
        let vector = BundlePlan(
            for: [one],
            held: holdings,
            roster: roster,
            known: [:],
            head: { _, _ in nil }
        ).vector
        #expect(vector[FeedID(site: one, epoch: epoch, lane: .records)]?.position == 5)
    }
}
