import LogFormat

/// What a session keeps of a feed that something may have to be done about.
protocol FeedWork {
    /// Whether something is to be done about it now or soon.
    var isPending: Bool { get }
}

/// What a session keeps by feed, and of which of them something may have to be done: only those are gone through.
struct FeedTable<Value: FeedWork> {
    private var values: [FeedID: Value] = [:]
    /// The feeds whose value is pending, and was not laid to rest since it was set.
    private(set) var pending: Set<FeedID> = []

    var count: Int { values.count }

    subscript(feed: FeedID) -> Value? {
        get { values[feed] }
        set {
            values[feed] = newValue
            if newValue?.isPending == true { pending.insert(feed) } else { pending.remove(feed) }
        }
    }

    /// There is nothing to be done about a feed before it is set again or waked.
    mutating func rest(_ feed: FeedID) { pending.remove(feed) }

    /// Something outside of the value changed.
    mutating func wake(_ feed: FeedID) { if values[feed]?.isPending == true { pending.insert(feed) } }

    mutating func wakeAll() { for (feed, value) in values where value.isPending { pending.insert(feed) } }
}

extension FeedTable: Sendable where Value: Sendable {}
