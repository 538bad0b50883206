/// Why a test can not do its work.
package struct Hindrance: Error, CustomStringConvertible {
    package var description: String

    package init(_ description: String) { self.description = description }
}

/// How long a test waits for what has to come, in seconds: longer than any machine needs that is only slow or busy.
package let patienceSeconds = 180

/// Waits until something is true, looking every few milliseconds.
///
/// - Throws: ``Hindrance`` when it is not true after `seconds`.
package func until(_ what: String, seconds: Int = patienceSeconds, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw Hindrance("waited \(seconds) s in vain until \(what)") }
        try await Task.sleep(for: .milliseconds(5))
    }
}
