/// Events of a simulation in virtual time: what is due first comes first, and of two at one moment the one that was
/// added first.
struct Timeline {
    private struct Event {
        var at: UInt64
        var order: UInt64
        var run: () throws -> Void

        func comes(before other: Event) -> Bool { (at, order) < (other.at, other.order) }
    }

    /// Nanoseconds since the beginning.
    private(set) var now: UInt64 = 1_000_000_000
    private var events: [Event] = []
    private var order: UInt64 = 0

    /// Adds an event; one in the past happens now.
    mutating func add(at time: UInt64, _ run: @escaping () throws -> Void) {
        order += 1
        events.append(Event(at: max(time, now), order: order, run: run))
        var child = events.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard events[child].comes(before: events[parent]) else { break }
            events.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the next event that is due, and moves time to it.
    ///
    /// - Returns: nil when none is due until then; time then is that moment.
    mutating func next(until end: UInt64) -> (() throws -> Void)? {
        guard let first = events.first, first.at <= end else {
            now = max(now, end)
            return nil
        }
        now = first.at
        let last = events.removeLast()
        if !events.isEmpty {
            events[0] = last
            var parent = 0
            while true {
                var least = parent
                for child in [2 * parent + 1, 2 * parent + 2] where child < events.count {
                    if events[child].comes(before: events[least]) { least = child }
                }
                guard least != parent else { break }
                events.swapAt(parent, least)
                parent = least
            }
        }
        return first.run
    }
}
