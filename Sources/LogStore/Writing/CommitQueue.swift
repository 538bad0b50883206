import LogFormat
import StoreIO

/// Gathers the appends of all threads of a process into shared commits: leader and follower, no thread, no timer.
///
/// The first caller leads: it takes the append lock, and only then takes everybody's entries, so that what arrived while
/// it waited shares its one sync. The others wait for their own result; whoever finds the lead free takes it.
final class CommitQueue: Sendable {
    /// One call to append.
    struct Request: Sendable {
        var entries: [[UInt8]]
        var lane: Lane
        var expecting: [FeedID: FeedHead]?
        /// The epoch the entries were encoded for; nil when they name nothing relative to their feed.
        var epoch: EpochID?
        /// Bytes with length fields.
        var lengthBytes: Int
    }

    typealias Outcome = Result<[EntryReference], StorageError>

    private struct State {
        var waiting: [(number: UInt64, request: Request)] = []
        var outcomes: [UInt64: Outcome] = [:]
        var isLed = false
        var next: UInt64 = 0
    }

    private enum Turn { case done(Outcome), lead }

    private let state = Monitor(State())

    /// Waits until `request` is decided.
    ///
    /// - Parameters:
    ///   - request: What to append.
    ///   - lead: Takes the append lock, then calls its argument for the requests to decide, and returns an outcome for
    ///     each. When it throws, all who wait get the error.
    /// - Returns: The outcome of `request`.
    func submit(
        _ request: Request,
        lead: (_ take: () -> [Request]) throws(StorageError) -> [Outcome]
    ) -> Outcome {
        let number = state.withLock { state in
            state.next += 1
            state.waiting.append((state.next, request))
            return state.next
        }
        while true {
            let turn = state.wait { state -> Turn? in
                if let outcome = state.outcomes.removeValue(forKey: number) { return .done(outcome) }
                if state.isLed { return nil }
                state.isLed = true
                return .lead
            }
            switch turn {
            case .done(let outcome): return outcome
            case .lead: self.lead(lead)
            }
        }
    }

    private func lead(_ lead: (_ take: () -> [Request]) throws(StorageError) -> [Outcome]) {
        var taken: [UInt64] = []
        var outcomes: [Outcome]
        do throws(StorageError) {
            outcomes = try lead {
                let requests = take()
                taken = requests.map(\.number)
                return requests.map(\.request)
            }
        } catch {
            if taken.isEmpty { taken = take().map(\.number) }
            outcomes = taken.map { _ in .failure(error) }
        }
        precondition(outcomes.count == taken.count, "every request has an outcome")
        state.withLock { state in
            for (number, outcome) in zip(taken, outcomes) { state.outcomes[number] = outcome }
            state.isLed = false
        }
    }

    /// How many of the requests that wait are one commit: at least one, and as many as a commit may occupy in a segment,
    /// where each has blocks of its own.
    static func batchCount(_ lengthsBytes: some Sequence<Int>) -> Int {
        var storedBytes = 0
        var count = 0
        for lengthBytes in lengthsBytes {
            storedBytes += Limits.storedBytes(ofEntries: lengthBytes)
            if count > 0, storedBytes > Limits.commitStoredBytes { break }
            count += 1
        }
        return count
    }

    /// Takes what waits, as much as one commit may hold, in the order it came.
    private func take() -> [(number: UInt64, request: Request)] {
        state.withLock { state in
            let count = Self.batchCount(state.waiting.lazy.map(\.request.lengthBytes))
            defer { state.waiting.removeFirst(count) }
            return Array(state.waiting.prefix(count))
        }
    }
}
