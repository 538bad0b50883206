package import LogFormat
package import LogStore
package import StoreIO
package import SyncProtocol

extension BundlePlan {
    /// What goes into a bundle of a store.
    ///
    /// - Parameters:
    ///   - recipients: Members in good standing.
    ///   - log: Where the entries come from.
    ///   - roster: As it stands here.
    ///   - known: What the recipients said they hold; one that said nothing gets everything.
    ///   - sites: Whose feeds alone, the recipients' too; nil for all but what a recipient wrote itself.
    /// - Throws: `StorageError`. What is damaged is no reason: whoever reads it says so.
    /// - Complexity: All feeds are looked at; one block is read for each that reaches beyond its cut-off, and for each row
    ///   where several recipients said what they hold.
    package init(
        for recipients: [SiteID],
        from log: LogStore,
        roster: Roster,
        known: [SiteID: HaveVector],
        of sites: Set<SiteID>? = nil
    ) throws(StorageError) {
        let held = try log.feeds().filter { $0.branch == 0 }.map {
            HeldFeed(feed: $0.feed, stored: $0.stored, attested: $0.attested, storedBytes: 0)
        }
        try self.init(for: recipients, held: held, roster: roster, known: known, of: sites) {
            (feed, position) throws(StorageError) -> FeedHead? in
            do throws(StorageError) {
                return try log.head(of: feed, at: position)
            } catch {
                guard error.code == .corrupted || error.code == .notFound else { throw error }
                return nil
            }
        }
    }
}
