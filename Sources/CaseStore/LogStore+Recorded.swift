import CaseModel
package import LogFormat
package import LogStore
import StoreIO

// When entries were recorded, by the clock of their site.
extension LogStore {
    /// When the last entry of a feed was recorded, in milliseconds since 1970; nil where that can not be read.
    ///
    /// - Throws: `StorageError`.
    package func lastRecorded(of feed: FeedSummary) throws -> Int64? {
        try recorded(of: feed.feed, at: feed.attested.position)
    }

    /// When the oldest of some entries was recorded, in milliseconds since 1970; nil where there is none of which that can be
    /// read, as of parts of attachments.
    ///
    /// - Throws: `StorageError`.
    package func recorded(ofOldest entries: [(feed: FeedID, position: UInt64)]) throws -> Int64? {
        try entries.compactMap { try recorded(of: $0.feed, at: $0.position) }.min()
    }

    private func recorded(of feed: FeedID, at position: UInt64) throws -> Int64? {
        do {
            let entry = try entries(of: feed, after: position - 1, limitBytes: 1).first
            return try entry.map { try RecordEntry(decoding: $0.bytes, at: $0.reference).context.recorded.milliseconds }
        } catch is RecordError {
            return nil
        } catch let error as StorageError {
            guard error.code == .corrupted else { throw error }
            return nil
        }
    }
}
