package import LogFormat
import LogStore
import StoreIO
package import SyncProtocol
import Synchronization

// What is stored of a replica is attested, or given up when it turns out to be false.
extension LogStoreSessions {
    package func attest(_ checkpoint: Checkpoint, key: SitePublicKey) throws(StoreFailure) -> HeldFeed {
        guard tails.withLock({ $0.isFirst(checkpoint.feed) }) else { return try attestNext(checkpoint, key) }
        return try firsts.withLock { _ throws(StoreFailure) in
            let now = clock.steadyNanoseconds()
            try tails.withLock { (tails) throws(StoreFailure) in try tails.admitFirst(checkpoint.feed, at: now) }
            return try attestNext(checkpoint, key)
        }
    }

    private func attestNext(_ checkpoint: Checkpoint, _ key: SitePublicKey) throws(StoreFailure) -> HeldFeed {
        try attested(checkpoint.head, of: checkpoint.feed) { () throws(StorageError) in
            try store.attest(checkpoint, key: key)
        }
    }

    package func attest(_ cutOff: FeedHead, of feed: FeedID) throws(StoreFailure) -> HeldFeed {
        try attested(cutOff, of: feed) { () throws(StorageError) in try store.attest(cutOff, of: feed) }
    }

    private func attested(
        _ head: FeedHead,
        of feed: FeedID,
        _ attest: () throws(StorageError) -> Void
    ) throws(StoreFailure) -> HeldFeed {
        let failure: StorageError
        do throws(StorageError) {
            try attest()
            let now = try current(feed)
            try settle(now)
            return now
        } catch {
            failure = error
        }
        guard failure.code == .moved || failure.code == .notFound else { throw translated(failure) }
        let now = try standing(feed)
        // Another session gave up what it speaks of.
        if failure.code == .notFound { return now }
        guard head.position > now.attested.position else { throw .diverged }
        let moment = clock.steadyNanoseconds()
        let falsifiers = tails.withLock { $0.contradicted(feed, at: head.position, now: moment) }
        discarded(DiscardedTail(now: now, position: head.position, falsifiers: falsifiers))
        throw .contradicted(now)
    }

    package func discardTail(
        of feed: FeedID,
        for peer: SiteID,
        isProven: Bool
    ) throws(StoreFailure) -> HeldFeed {
        let before = try standing(feed)
        guard before.stored.position > before.attested.position else { return before }
        let moment = clock.steadyNanoseconds()
        try tails.withLock { (tails) throws(StoreFailure) in
            if isProven { tails.replaced(feed) } else { try tails.yield(feed, to: peer, at: moment) }
        }
        do throws(StorageError) {
            try store.discardUnattested(of: feed)
        } catch {
            throw translated(error)
        }
        let now = try standing(feed)
        discarded(DiscardedTail(now: now, position: before.stored.position, falsifiers: []))
        return now
    }

    /// What is attested now may tell who was right about a tail that was given up.
    func settle(_ now: HeldFeed) throws(StorageError) {
        for row in tails.withLock({ $0.note(now) }) {
            guard try store.head(of: now.feed, at: row.head.position) != row.head else { continue }
            let moment = clock.steadyNanoseconds()
            tails.withLock { $0.falsify(row.peers, at: moment) }
            discarded(DiscardedTail(now: now, position: row.head.position, falsifiers: row.peers))
        }
    }

    private func standing(_ feed: FeedID) throws(StoreFailure) -> HeldFeed {
        do throws(StorageError) {
            return try current(feed)
        } catch {
            throw translated(error)
        }
    }
}
