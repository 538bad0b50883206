import Synchronization

/// What an observer saw, collected from inside callbacks that can not throw.
package final class Recorded<Value: Sendable>: Sendable {
    private let state = Mutex<(values: [Value], failure: (any Error)?)>(([], nil))

    package init() {}

    /// Adds what `body` returns, or keeps its first failure for ``values()``.
    package func append(_ body: () throws -> Value) {
        do {
            let value = try body()
            state.withLock { $0.values.append(value) }
        } catch {
            state.withLock { if $0.failure == nil { $0.failure = error } }
        }
    }

    /// Everything recorded, in order.
    ///
    /// - Throws: The first failure that was recorded.
    package func values() throws -> [Value] {
        let (values, failure) = state.withLock { $0 }
        if let failure { throw failure }
        return values
    }
}
