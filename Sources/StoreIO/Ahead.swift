import Glibc

/// Values that a thread of its own makes a few ahead of who takes them, in order: one core reads and inflates while
/// another proves.
///
/// The thread ends when there is nothing more to make, or when this object goes.
package final class Ahead<Value: Sendable>: Sendable {
    private let shared: Monitor<State>

    private struct State: Sendable {
        var made: [Value] = []
        var isOver = false
        var isUnwanted = false
    }

    /// - Parameters:
    ///   - limit: How many values may wait, at least one.
    ///   - make: Called on the thread with 0, 1, 2 … until it gives nil.
    package init(limit: Int, _ make: @escaping @Sendable (Int) -> Value?) {
        let shared = Monitor(State())
        self.shared = shared
        onOwnThread {
            var number = 0
            while shared.wait(until: { $0.isUnwanted || $0.made.count < limit ? !$0.isUnwanted : nil }),
                let value = make(number)
            {
                shared.withLock { $0.made.append(value) }
                number += 1
            }
            shared.withLock { $0.isOver = true }
        }
    }

    deinit { shared.withLock { $0.isUnwanted = true } }

    /// Ends the thread and waits until it has: what it is making is finished, and nothing else is begun.
    package func stop() {
        shared.withLock { $0.isUnwanted = true }
        shared.wait { $0.isOver ? () : nil }
    }

    /// The next value, waited for; nil at the end.
    package func next() -> Value? {
        let value = shared.wait { state -> Value?? in
            if !state.made.isEmpty { return .some(state.made.removeFirst()) }
            return state.isOver ? .some(nil) : nil
        }
        // Wakes the thread: there is room again.
        shared.withLock { _ in }
        return value
    }
}
