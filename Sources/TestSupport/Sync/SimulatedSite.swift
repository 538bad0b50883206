package import Crypto
package import LogFormat
package import SyncProtocol

/// A site with its store in memory: what it holds survives a crash exactly when the session was told it is durable.
package final class SimulatedSite: SimulatedPeer {
    /// One feed in memory.
    package struct Feed {
        package var entries: [[UInt8]] = []
        /// heads[n] is the head after n entries.
        package var heads: [FeedHead]
        package var attested: UInt64 = 0
        /// Ascending.
        package var checkpoints: [Checkpoint] = []

        package var bytes: Int { entries.reduce(0) { $0 + $1.count + 4 } }
    }

    package let name: String
    package let key: Curve25519.Signing.PrivateKey
    package let keys: SiteKeySet
    package let site: SiteID
    package let epoch: EpochID
    package let founding: [UInt8]
    package private(set) var feeds: [FeedID: Feed] = [:]
    package private(set) var roster: Roster
    /// Entries that came twice: what cuts cost.
    package private(set) var duplicateEntries = 0
    package var memories: [SiteID: PeerMemory] = [:]
    package var tails: ReceivedTails

    package init(name: String, material: SimulatedKeys, founding: [UInt8], epoch: EpochID) throws {
        self.name = name
        key = material.key
        keys = material.keys
        site = material.keys.signing.siteID
        self.epoch = epoch
        self.founding = founding
        roster = try Roster(founding: founding)
        tails = ReceivedTails()
    }

    package var signingKey: SitePublicKey { SitePublicKey(key.publicKey) }

    /// Appends entries durably; lane 0 of the administrator also changes the roster.
    package func append(_ entries: [[UInt8]], to lane: Lane) throws -> FeedID {
        let id = FeedID(site: site, epoch: epoch, lane: lane)
        var feed = feeds[id] ?? Feed(heads: [FeedChain.start(key: signingKey, epoch: epoch, lane: lane)])
        var chain = FeedChain(continuing: feed.heads[feed.heads.count - 1])
        for entry in entries {
            chain.append(entry)
            feed.entries.append(entry)
            feed.heads.append(chain.head)
        }
        feed.attested = UInt64(feed.entries.count)
        feeds[id] = feed
        try refold()
        return id
    }

    package func held(_ id: FeedID) -> HeldFeed? {
        feeds[id].map { feed in
            HeldFeed(
                feed: id,
                stored: feed.heads[feed.heads.count - 1],
                attested: feed.heads[Int(feed.attested)],
                storedBytes: UInt64(feed.bytes)
            )
        }
    }

    package var allHeld: [HeldFeed] { feeds.keys.sorted().compactMap(held) }

    /// Everything attested.
    package var frontier: Frontier {
        Frontier(allHeld.map { .init(feed: $0.feed, head: $0.attested) })
    }

    package func read(_ id: FeedID, after: FeedHead, limitBytes: Int) -> Result<[Block], StoreFailure> {
        guard let feed = feeds[id], after.position < UInt64(feed.heads.count) else { return .success([]) }
        guard feed.heads[Int(after.position)] == after else { return .failure(.diverged) }
        var builder = BlockBuilder(after: after)
        var blocks: [Block] = []
        var length = 0
        do throws(FormatError) {
            for entry in feed.entries[Int(after.position)..<max(Int(after.position), Int(feed.attested))] {
                if builder.isFull(for: entry.count), let block = builder.finish() { blocks.append(block) }
                if length > 0, length + entry.count > limitBytes { break }
                _ = try builder.append(entry)
                length += entry.count
            }
        } catch {
            return .failure(.unavailable)
        }
        if let block = builder.finish() { blocks.append(block) }
        return .success(blocks)
    }

    package func checkpoint(_ id: FeedID, through position: UInt64) -> Result<Checkpoint?, StoreFailure> {
        guard let feed = feeds[id], feed.attested > 0, position > 0 else { return .success(nil) }
        guard id.site == site else { return .success(feed.checkpoints.last { $0.head.position <= position }) }
        do throws(FormatError) {
            return .success(
                try Checkpoint(
                    signing: feed.heads[Int(min(feed.attested, position))],
                    of: id,
                    registry: roster.registry,
                    with: key
                )
            )
        } catch {
            return .failure(.unavailable)
        }
    }

    package func store(
        _ blocks: [Block],
        _ id: FeedID,
        key: SitePublicKey,
        after: FeedHead
    ) -> Result<HeldFeed, StoreFailure> {
        var feed = feeds[id] ?? Feed(heads: [FeedChain.start(key: key, epoch: id.epoch, lane: id.lane)])
        guard feed.heads[feed.heads.count - 1] == after else {
            duplicateEntries += blocks.reduce(0) { $0 + Int($1.header.count) }
            return held(id).map { .success($0) } ?? .failure(.unavailable)
        }
        var inflater = Inflater()
        var head = after
        for block in blocks {
            var entries: [[UInt8]] = []
            var heads: [FeedHead] = []
            do throws(FormatError) {
                head = try block.forEachEntry(after: head, using: &inflater) { position, digest, entry in
                    entries.append(unsafe entry.withUnsafeBytes { unsafe Array($0) })
                    heads.append(FeedHead(position: position, digest: digest))
                    return true
                }
            } catch {
                return .failure(.invalid)
            }
            feed.entries += entries
            feed.heads += heads
        }
        feeds[id] = feed
        return held(id).map { .success($0) } ?? .failure(.unavailable)
    }

    package func attest(_ checkpoint: Checkpoint, key: SitePublicKey) throws -> Result<HeldFeed, StoreFailure> {
        do throws(FormatError) {
            try checkpoint.verify(key: key)
        } catch {
            return .failure(.invalid)
        }
        return try attest(checkpoint.head, of: checkpoint.feed, by: checkpoint)
    }

    package func attest(_ cutOff: FeedHead, of id: FeedID) throws -> Result<HeldFeed, StoreFailure> {
        try attest(cutOff, of: id, by: nil)
    }

    private func attest(
        _ head: FeedHead,
        of id: FeedID,
        by checkpoint: Checkpoint?
    ) throws -> Result<HeldFeed, StoreFailure> {
        guard var feed = feeds[id], let now = held(id) else { return .failure(.unavailable) }
        guard head.position < UInt64(feed.heads.count) else { return .success(now) }
        guard feed.heads[Int(head.position)] == head else {
            guard head.position > feed.attested else { return .failure(.diverged) }
            guard case .success(let now) = discard(id) else { return .failure(.unavailable) }
            return .failure(.contradicted(now))
        }
        if head.position > feed.attested {
            feed.attested = head.position
            if let checkpoint { feed.checkpoints.append(checkpoint) }
        }
        feeds[id] = feed
        try refold()
        return held(id).map { .success($0) } ?? .failure(.unavailable)
    }

    package func discard(_ id: FeedID) -> Result<HeldFeed, StoreFailure> {
        guard var feed = feeds[id] else { return .failure(.unavailable) }
        feed.entries.removeSubrange(Int(feed.attested)...)
        feed.heads.removeSubrange((Int(feed.attested) + 1)...)
        feeds[id] = feed
        return held(id).map { .success($0) } ?? .failure(.unavailable)
    }

    package func head(_ id: FeedID, at position: UInt64) -> FeedHead? {
        guard let feed = feeds[id], position <= feed.attested else { return nil }
        return feed.heads[Int(position)]
    }

    /// A copy of another site's feed turned out to be damaged, and is whole up to a position.
    package func lose(_ id: FeedID, after position: UInt64) {
        guard var feed = feeds[id], position > 0 else { return feeds[id] = nil }
        feed.entries.removeSubrange(Int(position)...)
        feed.heads.removeSubrange((Int(position) + 1)...)
        feed.attested = min(feed.attested, position)
        feed.checkpoints.removeAll { $0.head.position > position }
        feeds[id] = feed
    }

    /// Makes this site a liar: it holds, as if it were attested, what the feed's owner never wrote.
    ///
    /// - Parameters:
    ///   - entries: Made up.
    ///   - id: A feed of another site.
    ///   - key: The key of that site.
    ///   - position: What it holds up to here stays true.
    package func forge(_ entries: [[UInt8]], of id: FeedID, key: SitePublicKey, after position: UInt64) {
        var feed = feeds[id] ?? Feed(heads: [FeedChain.start(key: key, epoch: id.epoch, lane: id.lane)])
        feed.entries.removeSubrange(Int(position)...)
        feed.heads.removeSubrange((Int(position) + 1)...)
        var chain = FeedChain(continuing: feed.heads[feed.heads.count - 1])
        for entry in entries {
            chain.append(entry)
            feed.entries.append(entry)
            feed.heads.append(chain.head)
        }
        feed.attested = UInt64(feed.entries.count)
        feeds[id] = feed
    }

    private func refold() throws {
        var entries: [RosterEntry] = []
        for (id, feed) in feeds where id.lane == .roster {
            for (index, bytes) in feed.entries.prefix(Int(feed.attested)).enumerated() {
                entries.append(RosterEntry(feed: id, position: UInt64(index + 1), bytes: bytes))
            }
        }
        roster = try Roster(founding: founding, entries: entries)
    }
}

/// A site's keys, from a seed.
package struct SimulatedKeys {
    package let key: Curve25519.Signing.PrivateKey
    package let keys: SiteKeySet

    package init(_ generator: inout SplitMix64) throws {
        key = try Curve25519.Signing.PrivateKey(rawRepresentation: generator.bytes(32))
        let agreement = [UInt8](
            try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: generator.bytes(32)).publicKey.rawRepresentation
        )
        keys = SiteKeySet(
            signing: SitePublicKey(key.publicKey),
            agreement: agreement,
            agreementSignature: [UInt8](try key.signature(for: SiteKeySet.statement(agreement: agreement)))
        )
    }
}
