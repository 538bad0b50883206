import LogFormat

/// How the two ends of a session stand to each other, kept feed by feed, so that what it costs to know follows what
/// changes and not what is held.
///
/// Only feeds of which there is something to say are kept: with two equal stores, however large, none.
struct SyncAccounts: Hashable, Sendable {
    /// One feed.
    struct Account: Hashable, Sendable {
        var entriesToSend: UInt64 = 0
        var bytesToSend: UInt64 = 0
        var entriesToReceive: UInt64 = 0
        var bytesToReceive: UInt64 = 0
        /// The two do not hold the same of what both read.
        var isUneven = false
        /// Of that nothing can be sent or asked for: each holds another history.
        var isLeftAlone = false
        /// There may be something to ask the peer for, or to find out.
        var isOpen = false
        /// It belongs to the roster, and holds more than the roster was folded from.
        var isUncovered = false

        static let settled = Account()
    }

    /// Those that are not settled.
    private(set) var accounts: [FeedID: Account] = [:]
    /// The open ones, by lane, then feed.
    private(set) var open: [FeedID] = []
    private var entriesToSend: UInt128 = 0
    private var bytesToSend: UInt128 = 0
    private var entriesToReceive: UInt128 = 0
    private var bytesToReceive: UInt128 = 0
    private var urgentEntries: UInt128 = 0
    private(set) var unevenCount = 0
    private(set) var leftAloneCount = 0
    private(set) var uncoveredCount = 0

    /// Sets how one feed stands.
    ///
    /// - Complexity: O(1), and O(n) in the number of open feeds when it opens or closes.
    subscript(feed: FeedID) -> Account {
        get { accounts[feed] ?? .settled }
        set {
            let former = accounts[feed] ?? .settled
            guard newValue != former else { return }
            count(former, of: feed, isAdded: false)
            count(newValue, of: feed, isAdded: true)
            accounts[feed] = newValue == .settled ? nil : newValue
            guard newValue.isOpen != former.isOpen else { return }
            let place = place(of: feed)
            if newValue.isOpen { open.insert(feed, at: place) } else { open.remove(at: place) }
        }
    }

    private func place(of feed: FeedID) -> Int {
        open.partitioningIndex { ($0.lane, $0) >= (feed.lane, feed) }
    }

    private mutating func count(_ account: Account, of feed: FeedID, isAdded: Bool) {
        func change(_ sum: inout UInt128, _ value: UInt64) {
            if isAdded { sum += UInt128(value) } else { sum -= UInt128(value) }
        }
        change(&entriesToSend, account.entriesToSend)
        change(&bytesToSend, account.bytesToSend)
        change(&entriesToReceive, account.entriesToReceive)
        change(&bytesToReceive, account.bytesToReceive)
        if feed.lane <= .urgent { change(&urgentEntries, account.entriesToSend) }
        let one = isAdded ? 1 : -1
        if account.isUneven { unevenCount += one }
        if account.isLeftAlone { leftAloneCount += one }
        if account.isUncovered { uncoveredCount += one }
    }

    /// Whether nothing is left but what is left alone.
    var isExhausted: Bool { unevenCount == leftAloneCount && entriesToSend == 0 && entriesToReceive == 0 }

    var toSend: SyncRemainder { Self.remainder(entriesToSend, bytesToSend) }
    var toReceive: SyncRemainder { Self.remainder(entriesToReceive, bytesToReceive) }
    var urgentEntriesToSend: UInt64 { UInt64(clamping: urgentEntries) }

    private static func remainder(_ entries: UInt128, _ bytes: UInt128) -> SyncRemainder {
        var sum = SyncRemainder()
        // What a peer claims may be any number: people are told the largest.
        sum.add(entries: UInt64(clamping: entries), bytes: UInt64(clamping: bytes))
        return sum
    }
}
