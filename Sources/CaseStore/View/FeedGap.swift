import LogFormat

/// Positions of a feed that could not be read when what lies behind them was applied.
///
/// They are asked for again whenever the read model follows: what a repair brings back is applied then, and the order does
/// not matter.
struct FeedGap: Hashable, Sendable {
    let feed: FeedID
    let positions: ClosedRange<UInt64>
    /// The head in front of them; nil at the feed's beginning.
    let before: FeedHead?
}
