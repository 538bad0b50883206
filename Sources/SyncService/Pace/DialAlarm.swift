package import LogFormat
import Synchronization

/// Wakes diallers that wait to try again: a person asked for it.
package final class DialAlarm: Sendable {
    private struct Sleeper {
        var site: SiteID?
        var wake: AsyncStream<Void>.Continuation
    }

    private struct State {
        var rings: [SiteID: UInt64] = [:]
        var ringsOfAll: UInt64 = 0
        var sleepers: [UInt64: Sleeper] = [:]
        var nextSleeper: UInt64 = 0

        func rings(for site: SiteID?) -> UInt64 { ringsOfAll + (site.flatMap { rings[$0] } ?? 0) }
    }

    private let state = Mutex(State())

    package init() {}

    /// Wakes the diallers of a site, or all.
    ///
    /// - Parameter site: Whose; nil for every site's.
    package func ring(_ site: SiteID? = nil) {
        state.withLock { state in
            if let site { state.rings[site, default: 0] += 1 } else { state.ringsOfAll += 1 }
            for sleeper in state.sleepers.values where site == nil || sleeper.site == site { sleeper.wake.finish() }
        }
    }

    /// How often a site's diallers were called; nil: how often all were.
    func rings(for site: SiteID?) -> UInt64 { state.withLock { $0.rings(for: site) } }

    /// Waits.
    ///
    /// - Parameters:
    ///   - site: Whom the caller dials; nil to be woken only with all.
    ///   - milliseconds: How long at most.
    ///   - rings: ``rings(for:)`` when the attempt began: a call that came while it was under way counts.
    /// - Throws: `CancellationError`.
    func wait(for site: SiteID?, milliseconds: UInt64, since rings: UInt64) async throws {
        let (ended, wake) = AsyncStream<Void>.makeStream()
        let number: UInt64? = state.withLock { state in
            guard state.rings(for: site) == rings else { return nil }
            state.nextSleeper += 1
            state.sleepers[state.nextSleeper] = Sleeper(site: site, wake: wake)
            return state.nextSleeper
        }
        guard let number else { return try Task.checkCancellation() }
        defer { _ = state.withLock { $0.sleepers.removeValue(forKey: number) } }
        let timer = Task {
            try await Task.sleep(for: .milliseconds(milliseconds))
            wake.finish()
        }
        defer { timer.cancel() }
        for await _ in ended {}
        try Task.checkCancellation()
    }
}
