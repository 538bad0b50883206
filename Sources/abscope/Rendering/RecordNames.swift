import CaseModel
import LogFormat

/// Records and entries by names people can type back, and sites by their aliases.
///
/// `GY.2.17-3fa97c21`: site, lane, position, and the first 8 digits of the digest there, which tell a typing error and a
/// restored past from the entry that was meant. Where a site has several epochs two letters of the epoch stand after the
/// alias (`GY.QX.2.17-3fa97c21`), and `+1` after it names the second change of the entry.
struct RecordNames: Sendable {
    /// Aliases as the roster has them.
    var aliases: [SiteID: String]
    /// Sites whose entries carry the letters of their epoch, for there is more than one.
    var sitesWithSeveralEpochs: Set<SiteID>

    /// Of keys that go on as a site that had another one, that site's first key.
    var origins: [SiteID: SiteID]
    /// Keys that count no more.
    var revoked: Set<SiteID>

    init(
        aliases: [SiteID: String],
        sitesWithSeveralEpochs: Set<SiteID> = [],
        origins: [SiteID: SiteID] = [:],
        revoked: Set<SiteID> = []
    ) {
        self.aliases = aliases
        self.origins = origins
        self.revoked = revoked
        self.sitesWithSeveralEpochs = sitesWithSeveralEpochs
    }

    /// The alias, or the first 8 digits of the id where the roster has none.
    func site(_ site: SiteID) -> String {
        aliases[site] ?? String(String(describing: site).prefix(8))
    }

    /// `GY records`, and `GY QX records` where the site has several epochs.
    func feed(_ feed: FeedID) -> String {
        let epoch = sitesWithSeveralEpochs.contains(feed.site) ? " " + CaseNumber.letters(of: feed.epoch) : ""
        return "\(site(feed.site))\(epoch) \(feed.lane.name)"
    }

    /// The same names for saying something of each of these feeds, which need not all be here: no two are called the same.
    func telling(apart feeds: [FeedID]) -> RecordNames {
        var names = self
        var epochs: [SiteID: EpochID] = [:]
        for feed in feeds {
            let former = epochs.updateValue(feed.epoch, forKey: feed.site)
            if let former, former != feed.epoch { names.sitesWithSeveralEpochs.insert(feed.site) }
        }
        return names
    }

    func reference(_ entry: EntryReference) -> String {
        var text = site(entry.feed.site)
        if sitesWithSeveralEpochs.contains(entry.feed.site) {
            text += "." + CaseNumber.letters(of: entry.feed.epoch)
        }
        return text + ".\(entry.feed.lane.rawValue).\(entry.position)-\(entry.digestDigits.prefix(8))"
    }

    func reference(_ record: RecordID) -> String {
        reference(record.entry) + (record.change == 0 ? "" : "+\(record.change)")
    }
}
