package import LogFormat
package import StoreIO

// Replicas: feeds of other sites, appended block by block as they came.
extension LogStore {
    /// Stores blocks of another site's feed. Durable when this returns; shown only once a checkpoint covers them.
    ///
    /// The chain over all entries is checked before anything is written.
    ///
    /// - Parameters:
    ///   - blocks: In order, as they came.
    ///   - feed: Whose.
    ///   - key: The key of the feed's site.
    ///   - head: Where the blocks begin: the stored head of the feed here.
    /// - Returns: The stored head afterwards.
    /// - Throws: `.invalidArgument` when blocks or key are not the feed's, or the feed is this site's own; `.moved` when
    ///   the feed here no longer ends at `head`: ask again from its stored head; `.noSpace`, `.poisoned`, `.corrupted`,
    ///   `.inputOutput`.
    /// - Complexity: One data sync.
    @discardableResult
    package func receive(
        _ blocks: [Block],
        of feed: FeedID,
        key: SitePublicKey,
        after head: FeedHead
    ) throws(StorageError) -> FeedHead {
        let end = try ReceivedBlocks.prove(blocks, of: feed, key: key, after: head)
        return try whileAppending { (section) throws(StorageError) in
            // Only in here: another process may have opened the epoch a moment ago.
            if feed.site == site, feed.epoch == epoch {
                throw StorageError(.invalidArgument, "Feed \(feed) is written here and is taken from nobody.")
            }
            let start = FeedChain.start(key: key, epoch: feed.epoch, lane: feed.lane)
            let slot = try section.slot(feed)
            let stored = slot?.stored ?? start
            guard stored == head else {
                throw StorageError(
                    .moved,
                    "Feed \(feed) ends at position \(stored.position) here, not at \(head.position) with that digest."
                )
            }
            if blocks.isEmpty { return stored }
            if let slot, slot.isPoisoned { try section.finishCuttingBack(slot) }
            try section.commit(.blocks(blocks), to: feed, key: key, attested: slot?.attested ?? start)
            return end
        }
    }

    /// Takes an origin's statement of where its feed stands: what it covers may be shown from now on. Durable when this
    /// returns.
    ///
    /// A statement that contradicts what is stored but not attested sends that rest to quarantine, and the feed is pulled
    /// again from its attested head.
    ///
    /// - Parameters:
    ///   - checkpoint: The statement.
    ///   - key: The key of the feed's site.
    /// - Throws: `.invalidArgument` when the signature does not hold or speaks of another registry; `.notFound` when the
    ///   feed is not stored that far; `.moved` when it contradicts what is stored: what was not attested is gone then,
    ///   and if the attested part is contradicted the origin has forked; `.noSpace`, `.inputOutput`.
    /// - Complexity: One data sync; one block read.
    package func attest(_ checkpoint: Checkpoint, key: SitePublicKey) throws(StorageError) {
        guard checkpoint.registry == registry else {
            throw StorageError(
                .invalidArgument,
                "The checkpoint of feed \(checkpoint.feed) speaks of another registry than this store's."
            )
        }
        do throws(FormatError) {
            try checkpoint.verify(key: key)
        } catch {
            throw StorageError(
                .invalidArgument,
                "The checkpoint of feed \(checkpoint.feed) is not signed by its site (\(error)).",
                cause: error
            )
        }
        try attest(checkpoint.head, of: checkpoint.feed, by: checkpoint)
    }

    /// Takes the roster's statement of where the feed of a revoked site was cut off: it covers the entries up to there as
    /// the site's own would. Durable when this returns.
    ///
    /// What is stored and not attested, and contradicts it, goes to quarantine.
    ///
    /// - Parameters:
    ///   - cutOff: As the administrator named it.
    ///   - feed: Whose.
    /// - Throws: As ``attest(_:key:)``; `.moved` also when what is attested is another history.
    /// - Complexity: One data sync; one block read.
    package func attest(_ cutOff: FeedHead, of feed: FeedID) throws(StorageError) {
        try attest(cutOff, of: feed, by: nil)
    }

    private func attest(_ head: FeedHead, of feed: FeedID, by checkpoint: Checkpoint?) throws(StorageError) {
        try whileAppending { (section) throws(StorageError) in
            guard var slot = try section.slot(feed), head.position <= slot.stored.position else {
                throw StorageError(.notFound, "Feed \(feed) is not stored up to position \(head.position).")
            }
            let here = try reader(slot, through: slot.stored).head(at: head.position)
            let isNews = head.position > slot.attested.position
            guard here == head else {
                slot = try coveringStatements(slot)
                let isNews = head.position > slot.attested.position
                if isNews {
                    try section.cutBack(slot, to: slot.attested)
                    cache.forget(below: directory(of: slot).path)
                }
                throw StorageError(
                    .moved,
                    (checkpoint == nil ? "The roster cuts feed \(feed) off with" : "The site of feed \(feed) signed")
                        + " another history at position \(head.position) than "
                        + (isNews ? "was received; that rest is in quarantine." : "it signed before: the feed forked."),
                    at: .init(path: directory(of: slot).path, positions: head.position...head.position)
                )
            }
            guard isNews else { return }
            if let checkpoint, slot.feed.site != site || slot.feed.epoch != epoch {
                try CheckpointFile(directory(of: slot)).append(checkpoint)
            }
            slot.attested = head
            // Without a statement nothing else on this disk says so.
            try section.publish(slot, durableFirst: checkpoint == nil)
        }
    }

    /// A slot that is attested as far as the statements that are kept say: who kept the last one may have been killed before
    /// it was published, and what it covers is not to be given up.
    private func coveringStatements(_ slot: HeadsSlot) throws(StorageError) -> HeadsSlot {
        var slot = slot
        let heads = try CheckpointFile(directory(of: slot)).content().rows.map(\.checkpoint.head)
        let news = heads.filter { slot.attested.position < $0.position && $0.position <= slot.stored.position }
        for head in news.sorted(by: { $0.position > $1.position }) {
            do throws(StorageError) {
                guard try reader(slot, through: slot.stored).head(at: head.position) == head else { continue }
                slot.attested = head
                break
            } catch {
                // Damage is said by whoever reads it.
                guard error.code == .corrupted else { throw error }
            }
        }
        return slot
    }

    /// The best statement there is of where a feed stands: signed now for what this site wrote itself, in an epoch that is
    /// over too; the stored one for a replica.
    ///
    /// - Parameters:
    ///   - feed: Whose feed.
    ///   - position: Speak of nothing beyond it, for a receiver that has not more yet. An own feed is signed exactly
    ///     there, or at its durable head when that comes first.
    /// - Returns: nil for an unknown or empty feed, a replica nobody attested so early, position 0, and before the store
    ///   joined a registry.
    /// - Throws: `.inputOutput`, `.corrupted`; of an own feed also what ``requireIdentity()`` throws.
    /// - Complexity: At most one block read.
    package func checkpoint(
        of feed: FeedID,
        through position: UInt64 = Limits.position
    ) throws(StorageError) -> Checkpoint? {
        guard position > 0, let registry,
            let slot = try slot(of: feed), slot.attested.position > 0
        else { return nil }
        if feed.site == site, feed.epoch == epoch {
            let identity = try requireIdentity()
            let head =
                position < slot.stored.position
                ? try reader(slot, through: slot.stored).head(at: position) : slot.stored
            return try FeedDirectory.decoding(paths.key) { () throws(FormatError) in
                try Checkpoint(signing: head, of: feed, registry: registry, with: identity.signingKey)
            }
        }
        let kept = try CheckpointFile(directory(of: slot)).best(through: min(position, slot.attested.position))
        return try formerWord(of: slot, through: position, registry, beyond: kept) ?? kept
    }

    /// What this site itself wrote of an epoch that is over, signed: whoever did not have it when the epoch ended would
    /// otherwise never be told that it is this site's.
    ///
    /// - Returns: nil when that is not more than what is kept, or can not be read.
    private func formerWord(
        of slot: HeadsSlot,
        through position: UInt64,
        _ registry: RegistryID,
        beyond kept: Checkpoint?
    ) throws(StorageError) -> Checkpoint? {
        guard slot.feed.site == site,
            let end = record.parents.first(where: { $0.epoch == slot.feed.epoch })?.heads[slot.feed.lane],
            case .success(let identity) = keys
        else { return nil }
        let last = min(position, end.position)
        guard last > kept?.head.position ?? 0, end.position <= slot.stored.position else { return nil }
        do throws(StorageError) {
            let reader = reader(slot, through: slot.stored)
            // What lies there now may have come from somebody else.
            guard try reader.head(at: end.position) == end else { return nil }
            let head = try reader.head(at: last)
            return try FeedDirectory.decoding(paths.key) { () throws(FormatError) in
                try Checkpoint(signing: head, of: slot.feed, registry: registry, with: identity.signingKey)
            }
        } catch {
            guard error.code == .corrupted else { throw error }
            return nil
        }
    }

    /// Gives up what is stored of a replica and not attested: it goes to quarantine, and the feed is pulled again from its
    /// attested head.
    ///
    /// For when its site does not know the stored head: then what lies behind the attested one is not the site's, or the
    /// site has lost it. Nothing that was ever shown or acknowledged is concerned.
    ///
    /// - Parameter feed: A feed of another site.
    /// - Returns: The head it stands at afterwards; nil when nothing of it is here.
    /// - Throws: `.noSpace`, `.inputOutput`, `.corrupted`.
    @discardableResult
    package func discardUnattested(of feed: FeedID) throws(StorageError) -> FeedHead? {
        try whileAppending { (section) throws(StorageError) in
            guard let known = try section.slot(feed) else { return nil }
            let slot = try coveringStatements(known)
            if slot.stored.position > slot.attested.position {
                try section.cutBack(slot, to: slot.attested)
                cache.forget(below: directory(of: slot).path)
            }
            return slot.attested
        }
    }
}
