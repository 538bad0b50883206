import LogFormat
import StoreIO
import Synchronization

/// Gathers the appends of all threads of a process into shared commits: leader and follower, no thread, no timer.
///
/// The first caller leads: it takes the append lock, and only then takes everybody's entries, so that what arrived while
/// it waited shares its one sync. The others wait for their own result; who leads next is told so.
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

    /// A caller, and what it waits for.
    private final class Caller: Sendable {
        let request: Request
        /// One for each caller, so that nobody is woken for another's sake; nil for who leads at once.
        let turn: Monitor<Turn?>?

        init(_ request: Request, waits: Bool) {
            self.request = request
            turn = waits ? Monitor(nil) : nil
        }
    }

    private enum Turn: Sendable { case done(Outcome), lead }

    private struct State: Sendable {
        /// In the order they came. While somebody leads who has not taken yet, it is the first.
        var waiting: [Caller] = []
        var isLed = false
    }

    private let state = Mutex(State())

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
        let caller = state.withLock { state in
            let caller = Caller(request, waits: state.isLed)
            state.waiting.append(caller)
            state.isLed = true
            return caller
        }
        if let turn = caller.turn, case .done(let outcome) = turn.wait(until: { $0 }) { return outcome }
        return self.lead(caller, lead)
    }

    /// - Returns: The leader's own outcome.
    private func lead(
        _ leader: Caller,
        _ lead: (_ take: () -> [Request]) throws(StorageError) -> [Outcome]
    ) -> Outcome {
        var taken: [Caller] = []
        var outcomes: [Outcome]
        do throws(StorageError) {
            outcomes = try lead {
                taken = take()
                return taken.map(\.request)
            }
        } catch {
            if taken.isEmpty { taken = take() }
            outcomes = taken.map { _ in .failure(error) }
        }
        precondition(outcomes.count == taken.count, "every request has an outcome")
        precondition(taken.first === leader, "who leads is the first in the queue")
        // The next commit begins before the callers of this one are woken.
        let next = state.withLock { state -> Caller? in
            state.isLed = !state.waiting.isEmpty
            return state.waiting.first
        }
        next?.turn?.withLock { $0 = .lead }
        for (caller, outcome) in zip(taken, outcomes).dropFirst() { caller.turn?.withLock { $0 = .done(outcome) } }
        return outcomes[0]
    }

    /// How many of the requests that wait are one commit: at least one, and as many as a commit may occupy in a segment
    /// even if each had blocks of its own.
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
    private func take() -> [Caller] {
        state.withLock { state in
            let count = Self.batchCount(state.waiting.lazy.map(\.request.lengthBytes))
            defer { state.waiting.removeFirst(count) }
            return Array(state.waiting.prefix(count))
        }
    }
}
