package import LogFormat
import Synchronization

/// How many sessions a site holds at once, and how many begin at once; who is too many is asked to come back later.
///
/// Whoever comes back at the moment it is told meets all others who were told so. So the moments are spread by chance over
/// as long as it takes to serve those who were turned away lately, and nobody who comes back finds more of a crowd than it
/// left. Administrators and hubs have places of their own, and sites that were dialled from here were wanted here. When all
/// places are taken, a session that has nothing left to do gives way, and its place is kept for the site that
/// has waited longest, so that more sites than places all have their turn.
package final class Admission: Sendable {
    /// How many there may be.
    package struct Places: Hashable, Sendable {
        /// Sessions that are up, whatever they do. Together with ``reserved`` less than the connections a listener takes.
        package var sessions = 1_152
        /// Of these, sessions that have not heard yet what their peer holds: the dear part of a session.
        package var beginning = 64
        /// Of these, sessions of one site: it needs one.
        package var beginningOfSite = 4
        /// Beyond the first two, for administrators, hubs and sites that were dialled.
        package var reserved = 64

        package init() {}
    }

    /// What people are told.
    package struct Figures: Hashable, Sendable {
        package var sessions = 0
        package var beginning = 0
        /// Turned away since the start, those that gave way among them.
        package var turnedAway: UInt64 = 0
    }

    /// What a session that may not begin is told.
    package struct Refusal: Hashable, Sendable {
        /// After how many seconds the peer may come back.
        package var retryAfterSeconds: UInt32
        /// The session that gives way, so that there is a place then, and after how many seconds its peer may come back.
        package var yielding: Yielding?
    }

    /// A session that gives way.
    package struct Yielding: Hashable, Sendable {
        package var session: ObjectIdentifier
        package var retryAfterSeconds: UInt32
    }

    private struct Session {
        let site: SiteID
        let isPreferred: Bool
        let enteredNanoseconds: UInt64
        var isBeginning = true
        /// Both ends hold the same.
        var isIdle = false
        /// It was asked to give way.
        var yields = false
    }

    /// A site that comes back.
    private struct Waiting {
        let sinceNanoseconds: UInt64
        /// When it is not expected any more: what it was told last, and ``keptSeconds``.
        var untilNanoseconds: UInt64
        /// A session gave way for it.
        var isPromised = false
    }

    private struct State {
        var sessions: [ObjectIdentifier: Session] = [:]
        var beginning = 0
        var beginningOfSite: [SiteID: Int] = [:]
        var turnedAway: UInt64 = 0
        /// Sites that were turned away and have not been let in since.
        var waiting: [SiteID: Waiting] = [:]
        /// Sessions that were asked to give way and are still there.
        var yielding = 0
        /// Sessions turned away that have not had their time to come back, and when that was last counted down.
        var returning: Double = 0
        var countedNanoseconds: UInt64 = 0

        /// It is no longer beginning.
        mutating func begun(_ session: Session) {
            guard session.isBeginning else { return }
            beginning -= 1
            let left = (beginningOfSite[session.site] ?? 1) - 1
            beginningOfSite[session.site] = left > 0 ? left : nil
        }

        /// After how many seconds one more may come back.
        mutating func turnAway(at now: UInt64, chance: Double) -> UInt32 {
            let passed = Double(now - min(now, countedNanoseconds)) / 1e9
            countedNanoseconds = now
            returning = max(0, returning - passed * Admission.returningPerSecond) + 1
            turnedAway += 1
            // Those who came before are due over this time; whoever comes now, about at its end.
            let spread = returning / Admission.returningPerSecond
            let chance = min(max(chance, 0), 1)
            let least = Double(Admission.waitSeconds.lowerBound)
            let most = Double(Admission.waitSeconds.upperBound)
            let wait = least * (1 + chance) + spread * (0.5 + chance)
            return UInt32((wait <= most ? wait : most * (0.5 + chance / 2)).rounded(.up))
        }
    }

    /// So many of those who were turned away are expected back in a second.
    package static let returningPerSecond: Double = 10
    /// Nobody is asked to come back sooner or later, in seconds.
    package static let waitSeconds: ClosedRange<UInt32> = 5...900
    /// So long a session may keep its place at least, in nanoseconds.
    package static let turnNanoseconds: UInt64 = 60_000_000_000

    /// So long beyond its wait a site is expected back, and the place kept for which another gave way. Else that one, which was
    /// told to come back about as soon, could take it again.
    package static let keptSeconds: UInt64 = 30

    private let places: Places
    private let state = Mutex(State())

    package init(_ places: Places = Places()) { self.places = places }

    /// A session would begin.
    ///
    /// - Parameters:
    ///   - session: Which; ``left(_:)`` follows when it was let in.
    ///   - site: Of its peer.
    ///   - isPreferred: Of an administrator, a hub, or one that was dialled from here.
    ///   - now: A steady count of nanoseconds.
    ///   - chance: 0 to 1, drawn by the caller.
    /// - Returns: nil when it may begin.
    /// - Complexity: O(n) in the sites that wait, mostly none, to let in; and in the sessions, to turn away.
    package func enter(
        _ session: ObjectIdentifier,
        of site: SiteID,
        isPreferred: Bool,
        at now: UInt64,
        chance: Double
    ) -> Refusal? {
        state.withLock { state in
            let reserved = isPreferred ? places.reserved : 0
            state.waiting = state.waiting.filter { $0.value.untilNanoseconds > now }
            // Of the places that are promised to others, some are not free yet.
            let kept = state.waiting.count { $0.key != site && $0.value.isPromised } - state.yielding
            let isFull = state.sessions.count + max(kept, 0) >= places.sessions + reserved
            if !isFull, state.beginning < places.beginning + reserved,
                state.beginningOfSite[site] ?? 0 < places.beginningOfSite
            {
                state.sessions[session] = Session(site: site, isPreferred: isPreferred, enteredNanoseconds: now)
                state.beginning += 1
                state.beginningOfSite[site, default: 0] += 1
                state.waiting[site] = nil
                return nil
            }
            var refusal = Refusal(retryAfterSeconds: state.turnAway(at: now, chance: chance), yielding: nil)
            let until = now + (UInt64(refusal.retryAfterSeconds) + Self.keptSeconds) * 1_000_000_000
            state.waiting[site, default: Waiting(sinceNanoseconds: now, untilNanoseconds: until)].untilNanoseconds =
                until
            // Of those that have had their turn, the one that has been here longest.
            let oldest = state.sessions.filter { _, known in
                known.isIdle && !known.isPreferred && !known.yields
                    && now >= known.enteredNanoseconds + Self.turnNanoseconds
            }.min { ($0.value.enteredNanoseconds, $0.value.site) < ($1.value.enteredNanoseconds, $1.value.site) }
            // And of those that wait, not whoever happens to ask now.
            let first = state.waiting.filter { !$0.value.isPromised }.min {
                ($0.value.sinceNanoseconds, $0.key) < ($1.value.sinceNanoseconds, $1.key)
            }
            if isFull, let oldest, let first {
                state.waiting[first.key]?.isPromised = true
                state.sessions[oldest.key]?.yields = true
                state.yielding += 1
                refusal.yielding = Yielding(
                    session: oldest.key,
                    retryAfterSeconds: state.turnAway(at: now, chance: chance)
                )
            }
            return refusal
        }
    }

    /// The peer said what it holds, or something changed of how both stand.
    ///
    /// - Parameters:
    ///   - session: Which.
    ///   - isInSync: Both hold the same.
    package func stands(_ session: ObjectIdentifier, isInSync: Bool) {
        state.withLock { state in
            guard var known = state.sessions[session] else { return }
            state.begun(known)
            known.isBeginning = false
            known.isIdle = isInSync
            state.sessions[session] = known
        }
    }

    /// A session ended, whether it was let in or not.
    package func left(_ session: ObjectIdentifier) {
        state.withLock { state in
            guard let known = state.sessions.removeValue(forKey: session) else { return }
            state.begun(known)
            if known.yields { state.yielding -= 1 }
        }
    }

    package var figures: Figures {
        state.withLock { Figures(sessions: $0.sessions.count, beginning: $0.beginning, turnedAway: $0.turnedAway) }
    }
}
