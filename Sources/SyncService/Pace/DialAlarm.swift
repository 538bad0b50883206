package import LogFormat
import Synchronization

/// Wakes diallers that wait: to try again, because a person asked for it or something changed, or because a site that had
/// dialled itself is no longer connected.
package final class DialAlarm: Sendable {
    private struct Sleeper {
        var site: SiteID?
        /// Waits for a site that is connected to go.
        var heedsDepartures: Bool
        var wake: AsyncStream<Void>.Continuation
    }

    private struct State {
        var rings: [SiteID: UInt64] = [:]
        var ringsOfAll: UInt64 = 0
        var departures: [SiteID: UInt64] = [:]
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

    /// A connection that a site had dialled has ended. Wakes who waited for that, and nobody who waits after a failure: of two
    /// sites that turn each other away each would have the other dial at once, for ever.
    package func left(_ site: SiteID) {
        state.withLock { state in
            state.departures[site, default: 0] += 1
            for sleeper in state.sleepers.values where sleeper.heedsDepartures && sleeper.site == site {
                sleeper.wake.finish()
            }
        }
    }

    /// How often a site's diallers were called; nil: how often all were.
    func rings(for site: SiteID?) -> UInt64 { state.withLock { $0.rings(for: site) } }

    /// Whether somebody waits for a site whom its leaving does not wake.
    func sleepsAfterFailure(_ site: SiteID) -> Bool {
        state.withLock { $0.sleepers.values.contains { $0.site == site && !$0.heedsDepartures } }
    }

    /// How often a site has left.
    func departures(of site: SiteID) -> UInt64 { state.withLock { $0.departures[site] ?? 0 } }

    /// Waits.
    ///
    /// - Parameters:
    ///   - site: Whom the caller dials; nil to be woken only with all.
    ///   - milliseconds: How long at most.
    ///   - rings: ``rings(for:)`` when the attempt began: a call that came while it was under way counts.
    ///   - departures: ``departures(of:)`` before it was seen that the site is connected; nil when it is not waited for.
    /// - Throws: `CancellationError`.
    func wait(
        for site: SiteID?,
        milliseconds: UInt64,
        since rings: UInt64,
        orDeparture departures: UInt64? = nil
    ) async throws {
        let (ended, wake) = AsyncStream<Void>.makeStream()
        let number: UInt64? = state.withLock { state in
            guard state.rings(for: site) == rings else { return nil }
            if let site, let departures, state.departures[site] ?? 0 != departures { return nil }
            state.nextSleeper += 1
            state.sleepers[state.nextSleeper] = Sleeper(
                site: site,
                heedsDepartures: departures != nil,
                wake: wake
            )
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
