package import LogFormat
package import NIOPosix
package import StoreIO
import SyncEngine
import Synchronization

/// The one thread of the store, shared fairly by the sites whose sessions ask it.
package final class StoreTurns: Sendable {
    private let pool: NIOThreadPool
    private let clock: any WallClock
    private let turns = Mutex(FairTurns<Piece>())

    private struct Piece: Sendable {
        let work: @Sendable (_ isActive: Bool) -> Void
    }

    /// - Parameters:
    ///   - pool: Started, of one thread.
    ///   - clock: Tells how long a piece took.
    package init(_ pool: NIOThreadPool, clock: any WallClock) {
        self.pool = pool
        self.clock = clock
    }

    /// Hands over a piece of work; those of one site are done in order.
    ///
    /// - Parameters:
    ///   - site: On whose account it goes.
    ///   - work: What may block. It is told false when the program is ending: then it is not to be done.
    package func submit(for site: SiteID, _ work: @escaping @Sendable (_ isActive: Bool) -> Void) {
        turns.withLock { $0.add(Piece(work: work), of: site) }
        // So many turns as pieces: which piece a turn takes is known when it comes.
        pool.submit { [self] state in
            guard let next = turns.withLock({ $0.next() }) else { return }
            let began = clock.steadyNanoseconds()
            next.work.work(state == .active)
            let cost = clock.steadyNanoseconds() - began
            turns.withLock { $0.charge(cost, to: next.site) }
        }
    }
}
