/// A feed: what one site wrote in one epoch in one lane. Exactly one writer, positions dense from 1.
package struct FeedID: Hashable, Sendable, Comparable {
    package var site: SiteID
    package var epoch: EpochID
    package var lane: Lane

    package init(site: SiteID, epoch: EpochID, lane: Lane) {
        self.site = site
        self.epoch = epoch
        self.lane = lane
    }

    package static func < (left: FeedID, right: FeedID) -> Bool {
        (left.site, left.epoch, left.lane) < (right.site, right.epoch, right.lane)
    }
}

extension FeedID: CustomStringConvertible {
    /// `<site>-<epoch>-<lane>`, the name of the feed's directory.
    package var description: String { "\(site)-\(epoch)-\(lane.rawValue)" }
}
