import LogFormat
import LogStore
import StoreIO
import SyncProtocol

/// Where the entries of one feed are, as far as is known here.
struct FeedHoldings {
    /// What another site said last that it holds.
    struct Holder {
        var site: SiteID
        var position: UInt64
        var secondsAgo: UInt64
        /// Whether it holds another history than this site.
        var differs: Bool
    }

    var feed: FeedID
    /// How many entries are here.
    var here: UInt64
    /// Ascending by site.
    var holders: [Holder]

    /// The site that holds most of what is not here; nil when all that is known to be anywhere is here.
    var ahead: Holder? {
        holders.filter { $0.position > here }.max { ($0.position, $1.site) < ($1.position, $0.site) }
    }
}

extension RosterDesk {
    /// What is known to be held of the feeds of a site, by each site in good standing but itself; sorted.
    ///
    /// Of sites this one never spoke with, and got no bundle from, nothing is known.
    ///
    /// - Throws: `StorageError`.
    func holdings(of site: SiteID, in session: Session) throws -> [FeedHoldings] {
        let notes = try session.siteNotes()
        let now = session.surroundings.clock.millisecondsSinceEpoch()
        let here = try rows(of: site)
        let others = roster.members.filter { $0.site != site && $0.site != log.site && !$0.isRevoked }.map(\.site)
        var feeds = Set(here.map(\.feed))
        for other in others {
            feeds.formUnion(notes[other]?.memory.vector.feeds(of: site) ?? [])
        }
        return try feeds.sorted().map { feed in
            let end = here.first { $0.feed == feed }?.head.position ?? 0
            var holders: [FeedHoldings.Holder] = []
            for other in others.sorted() {
                guard let note = notes[other], let row = note.memory.vector[feed] else { continue }
                let isBehind = row.position > 0 && row.position <= end
                holders.append(
                    FeedHoldings.Holder(
                        site: other,
                        position: row.position,
                        secondsAgo: UInt64(max(0, now - note.notedMilliseconds) / 1000),
                        differs: try isBehind
                            && ShortDigest(log.head(of: feed, at: row.position).digest) != row.digest
                    )
                )
            }
            return FeedHoldings(feed: feed, here: end, holders: holders)
        }
    }

    /// What other sites hold of a site and this one does not, in sentences.
    func notes(on holdings: [FeedHoldings], of site: SiteID) -> [SiteMessage] {
        var said: [SiteMessage] = []
        for feed in holdings {
            if let ahead = feed.ahead {
                let count = ahead.position - feed.here
                said.append(.heldElsewhere(names.site(ahead.site), count: count, names.feed(feed.feed)))
            }
            for holder in feed.holders where holder.differs {
                said.append(.heldOtherwise(names.site(holder.site), names.feed(feed.feed)))
            }
        }
        return said
    }

    func json(_ holdings: [FeedHoldings]) -> JSON {
        .array(
            holdings.map { feed in
                .object([
                    ("feed", .string(String(describing: feed.feed))), ("lane", .string(feed.feed.lane.name)),
                    ("here", JSON(feed.here)), ("held", .array(feed.holders.map(json))),
                ])
            }
        )
    }

    private func json(_ holder: FeedHoldings.Holder) -> JSON {
        .object([
            ("site", .string(names.site(holder.site))), ("position", JSON(holder.position)),
            ("seconds_ago", JSON(holder.secondsAgo)), ("differs", .bool(holder.differs)),
        ])
    }
}
