package import LogFormat
import LogStore
package import StoreIO
package import SyncProtocol

/// A bundle that another site made, as a source of what was lost here. Read from its beginning to its end as often as it
/// takes; who sent it does not matter, for all of it is proven by the chain.
package final class BundleSource: RepairSource {
    package let name: String
    /// How the bundle ends, once that was seen.
    package private(set) var ending: BundleFile.Ending?
    private let bundle: BundleFile
    private let secret: BundleSecret
    private var cursor: BundleFile.Cursor
    /// The DATA that was read last: the next question may be for the rest of it.
    private var last: SyncMessage.DataBlocks?

    package init(_ bundle: BundleFile, _ secret: BundleSecret) {
        name = bundle.path
        self.bundle = bundle
        self.secret = secret
        cursor = BundleFile.Cursor(bundle, secret)
    }

    package func blocks(of feed: FeedID, after head: FeedHead, limitBytes: Int) throws(StorageError) -> [Block] {
        if let last, let found = continuing(last, feed, head) { return found }
        // From here on, and then from the beginning to here.
        for _ in 1...2 {
            while let event = try cursor.next() {
                guard case .message(.data(let data)) = event else { continue }
                last = data
                if let found = continuing(data, feed, head) { return found }
            }
            ending = cursor.ending
            cursor = BundleFile.Cursor(bundle, secret)
            last = nil
        }
        return []
    }

    private func continuing(_ data: SyncMessage.DataBlocks, _ feed: FeedID, _ head: FeedHead) -> [Block]? {
        guard data.feed == feed, data.after <= head.position, data.lastPosition > head.position,
            data.after < head.position || data.digest == ShortDigest(head.digest)
        else { return nil }
        do throws(FormatError) {
            return try data.continuing(after: head)
        } catch {
            // A broken block is as good as none.
            return nil
        }
    }
}
