import LogFormat
import LogStore
import Logging
import StoreIO
import SyncProtocol
import Synchronization

/// Sees to it that a recovery reaches every site, whoever revokes the one that wrote it.
///
/// A recovery counts in whosever lane 0 it stands. Who has the key of a former administrator can still revoke its author at
/// sites that have not heard of it, and from then on they take nothing of the author any more: those that hold the recovery and
/// those that do not would have two administrators for good. So others say it again in their own lane 0: hubs at once, the
/// others one after the other, until ``sitesEnough`` members have it there.
final class RecoveryKeeper: Sendable {
    private let log: LogStore
    private let roster: RosterState
    private let clock: any WallClock
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        /// Since when a recovery is known that too few have said, on the steady clock.
        var noticed: [TermID: UInt64] = [:]
        /// What was said again here; the roster hears of it later.
        var said: Set<TermID> = []
    }

    /// So many members in good standing have it in their lane 0.
    static let sitesEnough = 16
    /// How long a site waits for each one before it in the order of sites, and for how many at most.
    static let turnSeconds: UInt64 = 60
    static let turnsMaximum = 60

    init(_ log: LogStore, roster: RosterState, clock: any WallClock, logger: Logger) {
        (self.log, self.roster, self.clock, self.logger) = (log, roster, clock, logger)
    }

    /// Says again what it is time to say. To be called now and then.
    ///
    /// - Parameter draft: For the entries.
    /// - Throws: `StorageError`.
    /// - Complexity: Nothing is read; an entry is written for each recovery, once.
    func settle(_ draft: RosterDraft) throws(StorageError) {
        let roster = roster.current
        guard let own = roster[log.site], !own.isRevoked else { return }
        let now = clock.steadyNanoseconds()
        for recovery in roster.recoveriesHeld where isDue(recovery, of: own, in: roster, at: now) {
            _ = try log.append([draft.repeating(recovery)], to: .roster)
            state.withLock { _ = $0.said.insert(recovery.term) }
            logger.notice("a recovery of the registry is said again here", metadata: ["number": "\(recovery.number)"])
        }
    }

    private func isDue(
        _ recovery: Roster.HeldRecovery,
        of own: RosterMember,
        in roster: Roster,
        at now: UInt64
    ) -> Bool {
        let having = recovery.sites.count { roster[$0].map { !$0.isRevoked } ?? false }
        guard !recovery.sites.contains(own.site), having < Self.sitesEnough else { return false }
        let members = roster.members.filter { !$0.isRevoked && $0.site < own.site }.count
        let turns = own.role == "hub" ? 0 : min(members, Self.turnsMaximum)
        return state.withLock { state in
            guard !state.said.contains(recovery.term) else { return false }
            let since = state.noticed[recovery.term] ?? now
            state.noticed[recovery.term] = since
            return now >= since + UInt64(turns) * Self.turnSeconds * 1_000_000_000
        }
    }
}
