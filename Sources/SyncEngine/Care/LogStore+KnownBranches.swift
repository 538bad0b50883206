package import LogFormat
package import LogStore
package import StoreIO
import SyncProtocol

/// A history of a feed that some site carries in its own: see ``BranchStatement``.
package struct KnownBranch: Hashable, Sendable {
    /// The lane 0 in which it was said.
    package var carrier: FeedID
    package var statement: BranchStatement
}

extension LogStore {
    /// The histories of forked feeds that are carried in feeds held here, in the order of where that is said.
    ///
    /// - Returns: Those whose end is signed by the feed's site. Their entries: ``branch(_:carriedBy:)``.
    /// - Throws: `StorageError`.
    /// - Complexity: Reads lane 0, which is small; a signature check for each.
    package func knownBranches() throws(StorageError) -> [KnownBranch] { knownBranches(in: try rosterEntries()) }

    /// As ``knownBranches()``, of entries that were read before, and of feeds of one lane where that is said.
    func knownBranches(in entries: [StoredEntry], of lane: Lane? = nil) -> [KnownBranch] {
        var stretches = CarriedStretches()
        return entries.compactMap { entry -> KnownBranch? in
            guard let statement = BranchNotice.statement(in: entry.bytes), statement.start != nil,
                statement.end.registry == registry, stretches.areNew(statement, in: entry.reference.feed),
                lane.map({ statement.feed.lane == $0 }) ?? true
            else { return nil }
            do throws(FormatError) { try statement.end.verify(key: statement.key) } catch { return nil }
            return KnownBranch(carrier: entry.reference.feed, statement: statement)
        }
    }
}
