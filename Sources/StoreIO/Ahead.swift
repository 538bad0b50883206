import Glibc

/// Values that threads of their own make a few ahead of who takes them: while one is used, another core makes the next.
///
/// They come in the order of their numbers, however many threads make them. The threads end when there is nothing more to
/// make, or when this object goes.
package final class Ahead<Value: Sendable>: Sendable {
    private let shared: Monitor<State>

    private struct State: Sendable {
        /// By number, those that nobody has taken yet.
        var made: [Int: Value] = [:]
        /// The number that is made next, and the one that is taken next.
        var begun = 0
        var taken = 0
        /// The first number for which there is no value, once that is known.
        var end: Int?
        var threads: Int
        var isUnwanted = false

        /// The number a thread is to make now, in a box; an empty box when it is to end; nil when it has to wait.
        mutating func begin(limit: Int) -> Int?? {
            if isUnwanted || end.map({ begun >= $0 }) == true { return .some(nil) }
            guard begun - taken < limit else { return nil }
            begun += 1
            return begun - 1
        }

        mutating func take() -> Value?? {
            if let value = made.removeValue(forKey: taken) {
                taken += 1
                return value
            }
            return threads == 0 || end.map { taken >= $0 } == true ? .some(nil) : nil
        }
    }

    /// - Parameters:
    ///   - limit: How many values may be waiting or being made, at least one a thread.
    ///   - threads: How many make them.
    ///   - inBackground: They compute only while no other thread wants to, for work nobody waits for.
    ///   - make: Called on the threads with 0, 1, 2 … until it gives nil; with several threads for some numbers behind the
    ///     end too.
    package init(
        limit: Int,
        threads: Int = 1,
        inBackground: Bool = false,
        _ make: @escaping @Sendable (Int) -> Value?
    ) {
        precondition(threads >= 1 && limit >= threads, "every thread makes one value at a time")
        let shared = Monitor(State(threads: threads))
        self.shared = shared
        for _ in 0..<threads {
            onOwnThread(inBackground: inBackground) {
                while let number = shared.wait(until: { $0.begin(limit: limit) }) {
                    let value = make(number)
                    shared.withLock { state in
                        if let value {
                            state.made[number] = value
                        } else {
                            state.end = min(state.end ?? number, number)
                        }
                    }
                }
                shared.withLock { $0.threads -= 1 }
            }
        }
    }

    deinit { shared.withLock { $0.isUnwanted = true } }

    /// Ends the threads and waits until they have: what is being made is finished, and nothing else is begun.
    package func stop() {
        shared.withLock { $0.isUnwanted = true }
        shared.wait { $0.threads == 0 ? () : nil }
    }

    /// The next value, waited for; nil at the end.
    package func next() -> Value? {
        let value = shared.wait { $0.take() }
        // Wakes the threads: there is room again.
        shared.withLock { _ in }
        return value
    }
}
