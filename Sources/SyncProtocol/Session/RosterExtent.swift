package import LogFormat

/// How far the feeds of lane 0 were read for a roster.
///
/// The store tells a session of entries and of the roster that follows from them one after the other. Whoever holds more of
/// lane 0 than its roster was folded from does not know yet which feeds count.
package struct RosterExtent: Hashable, Sendable {
    /// The last position read of each feed.
    package let positions: [FeedID: UInt64]

    package init(_ positions: [FeedID: UInt64]) { self.positions = positions }

    /// Of entries that a roster is folded from.
    package init(of entries: [RosterEntry]) {
        var positions: [FeedID: UInt64] = [:]
        for entry in entries { positions[entry.feed] = max(positions[entry.feed] ?? 0, entry.position) }
        self.positions = positions
    }

    /// Whether all that may be shown of a feed was read; always so of feeds that say nothing about the roster.
    package func covers(_ held: HeldFeed) -> Bool {
        held.feed.lane != .roster || held.attested.position <= positions[held.feed] ?? 0
    }
}
