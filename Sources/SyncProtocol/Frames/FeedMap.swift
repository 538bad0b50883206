package import LogFormat

/// Values by feed, in the order of the feeds, of which many copies may differ in a few.
///
/// Lies in 256 parts by the first byte of the site, which is spread evenly. A copy shares its parts with what it was copied
/// from until one of them is changed, and two maps of which one came from the other are compared part by part: so a
/// thousand sessions that know nearly the same take little more room than one, and what differs is found without looking
/// at what does not.
package struct FeedMap<Value: Hashable & Sendable>: Sendable {
    /// One feed with its value.
    package struct Entry: Hashable, Sendable {
        package let feed: FeedID
        package fileprivate(set) var value: Value
    }

    /// None, or ``partCount``; each ascending.
    private var parts: [[Entry]] = []
    /// How many feeds have a value.
    package private(set) var count = 0

    static var partCount: Int { 256 }

    package init() {}

    /// - Precondition: ``partCount`` parts, or none; each ascends and holds what belongs there.
    init(parts: [[Entry]]) {
        precondition(parts.isEmpty || parts.count == Self.partCount, "a map has all its parts")
        self.parts = parts
        count = parts.reduce(0) { $0 + $1.count }
    }

    /// One of the parts, by the first byte of the sites in it.
    func part(_ number: Int) -> [Entry] { parts.isEmpty ? [] : parts[number] }

    package var isEmpty: Bool { count == 0 }

    /// - Complexity: O(log n); setting O(n / 256), and the part is copied where another map shares it.
    package subscript(feed: FeedID) -> Value? {
        get {
            guard count > 0 else { return nil }
            let number = Int(feed.site.firstByte)
            let place = Self.place(of: feed, in: parts[number])
            return place.isTaken ? parts[number][place.index].value : nil
        }
        set {
            if parts.isEmpty {
                guard newValue != nil else { return }
                parts = Array(repeating: [], count: Self.partCount)
            }
            let number = Int(feed.site.firstByte)
            let place = Self.place(of: feed, in: parts[number])
            switch (newValue, place.isTaken) {
            case (let value?, true): parts[number][place.index].value = value
            case (let value?, false):
                parts[number].insert(Entry(feed: feed, value: value), at: place.index)
                count += 1
            case (nil, true):
                parts[number].remove(at: place.index)
                count -= 1
            case (nil, false): break
            }
        }
    }

    /// The values of one site's feeds, ascending.
    ///
    /// - Complexity: O(log n) in the feeds of all, O(m) in those of the site.
    package func entries(of site: SiteID) -> [Entry] {
        guard count > 0 else { return [] }
        let part = parts[Int(site.firstByte)]
        return Array(part[part.partitioningIndex { $0.feed.site >= site }...].prefix { $0.feed.site == site })
    }

    private static func place(of feed: FeedID, in part: [Entry]) -> (index: Int, isTaken: Bool) {
        let index = part.partitioningIndex { $0.feed >= feed }
        return (index, index < part.count && part[index].feed == feed)
    }

    // MARK: - Two of them

    /// Goes through the feeds of two maps, ascending: each with what it has here and there, one of which is not nil.
    package func forEachPair<Other>(
        with other: FeedMap<Other>,
        _ body: (_ feed: FeedID, _ here: Value?, _ there: Other?) -> Void
    ) {
        for number in 0..<Self.partCount {
            Self.merge(parts.isEmpty ? [] : parts[number], other.parts.isEmpty ? [] : other.parts[number], body)
        }
    }

    /// As ``forEachPair(with:_:)``, without parts that are equal in both.
    ///
    /// - Complexity: O(1) for each part that is shared, and what is left out of it.
    package func forEachDifference(
        from other: FeedMap,
        _ body: (_ feed: FeedID, _ here: Value?, _ there: Value?) -> Void
    ) {
        for number in 0..<Self.partCount {
            let here = parts.isEmpty ? [] : parts[number]
            let there = other.parts.isEmpty ? [] : other.parts[number]
            guard here != there else { continue }
            Self.merge(here, there) { feed, one, two in if one != two { body(feed, one, two) } }
        }
    }

    private static func merge<Other>(
        _ here: [Entry],
        _ there: [FeedMap<Other>.Entry],
        _ body: (_ feed: FeedID, _ here: Value?, _ there: Other?) -> Void
    ) {
        var (left, right) = (0, 0)
        while left < here.count || right < there.count {
            if right == there.count || left < here.count && here[left].feed < there[right].feed {
                body(here[left].feed, here[left].value, nil)
                left += 1
            } else if left == here.count || there[right].feed < here[left].feed {
                body(there[right].feed, nil, there[right].value)
                right += 1
            } else {
                body(here[left].feed, here[left].value, there[right].value)
                left += 1
                right += 1
            }
        }
    }

    /// Takes over the parts of another map that say the same, so that they need no room of their own.
    ///
    /// - Parameters:
    ///   - other: Shared with.
    ///   - isSame: Whether the other's value, which is another one, will do in place of the one here.
    /// - Complexity: O(1) for each part that is shared already, and what is left out of it.
    package mutating func share(_ other: FeedMap, where isSame: (_ here: Value, _ there: Value) -> Bool) {
        guard !parts.isEmpty, !other.parts.isEmpty else { return }
        let same = parts.indices.filter { number in
            let (here, there) = (parts[number], other.parts[number])
            // What is shared already is the same without a look into it.
            if here == there { return true }
            return here.count == there.count
                && here.indices.allSatisfy {
                    here[$0].feed == there[$0].feed && isSame(here[$0].value, there[$0].value)
                }
        }
        if same.count == Self.partCount { return self = other }
        for number in same where !parts[number].isEmpty { parts[number] = other.parts[number] }
    }

    /// As ``share(_:where:)``, of values that are equal.
    package mutating func share(_ other: FeedMap) { share(other, where: ==) }
}

extension FeedMap: Sequence {
    /// Ascending.
    package struct Iterator: IteratorProtocol {
        fileprivate let parts: [[Entry]]
        fileprivate var number = 0
        fileprivate var index = 0

        package mutating func next() -> (feed: FeedID, value: Value)? {
            while number < parts.count {
                if index < parts[number].count {
                    defer { index += 1 }
                    return (parts[number][index].feed, parts[number][index].value)
                }
                (number, index) = (number + 1, 0)
            }
            return nil
        }
    }

    package func makeIterator() -> Iterator { Iterator(parts: parts) }

    package var underestimatedCount: Int { count }
}

extension FeedMap: Hashable {
    package static func == (left: FeedMap, right: FeedMap) -> Bool {
        left.count == right.count && (left.count == 0 || left.parts == right.parts)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        for part in parts where !part.isEmpty { hasher.combine(part) }
    }
}
