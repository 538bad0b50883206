package import CaseModel
package import LogFormat

/// What sites are called, and which of their epochs was the first: what case numbers are made of. From the roster.
package struct SiteNames: Hashable, Sendable {
    package var aliases: [SiteID: String]
    package var firstEpochs: [SiteID: EpochID]

    package init(aliases: [SiteID: String], firstEpochs: [SiteID: EpochID]) {
        self.aliases = aliases
        self.firstEpochs = firstEpochs
    }

    /// The number of a case.
    ///
    /// - Returns: nil while the roster does not know its site.
    package func caseNumber(_ record: RecordID) throws(CaseModel.RecordError) -> CaseNumber? {
        let feed = record.entry.feed
        // Where two keys had one alias, the roster tells them apart by what no number can hold.
        guard let alias = aliases[feed.site], SiteAlias.isValid(alias) else { return nil }
        let isFirst = (firstEpochs[feed.site] ?? feed.epoch) == feed.epoch
        return try CaseNumber(
            alias: alias,
            epochLetters: isFirst ? nil : CaseNumber.letters(of: feed.epoch),
            position: record.entry.position
        )
    }

    /// Whether a feed is the one whose positions a case number counts.
    package func isFeed(_ feed: FeedID, of number: CaseNumber) -> Bool {
        guard feed.lane == .records, aliases[feed.site] == number.alias else { return false }
        let isFirst = (firstEpochs[feed.site] ?? feed.epoch) == feed.epoch
        return number.epochLetters.map { !isFirst && $0 == CaseNumber.letters(of: feed.epoch) } ?? isFirst
    }

    /// A record as people can type it where its number does not do: site, letters of the epoch, lane, position, the first
    /// 8 digits of the digest, and the change where it is not the first (`GY.QX.2.17-3fa97c21+1`).
    package func reference(_ record: RecordID) -> String {
        let feed = record.entry.feed
        let site = aliases[feed.site] ?? String(String(describing: feed.site).prefix(8))
        return "\(site).\(CaseNumber.letters(of: feed.epoch)).\(feed.lane.rawValue).\(record.entry.position)"
            + "-\(record.entry.digestDigits.prefix(8))" + (record.change == 0 ? "" : "+\(record.change)")
    }
}
