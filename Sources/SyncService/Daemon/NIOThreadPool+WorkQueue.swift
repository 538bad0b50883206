import Glibc
import NIOCore
package import NIOPosix
import SyncEngine

extension NIOThreadPool: WorkQueue {
    package func submit(_ work: @escaping @Sendable () -> Void) {
        submit { (state: WorkItemState) in if state == .active { work() } }
    }

    package func submit(afterMilliseconds milliseconds: Int, _ work: @escaping @Sendable () -> Void) {
        MultiThreadedEventLoopGroup.singleton.next()
            .scheduleTask(in: .milliseconds(Int64(milliseconds))) { self.submit(work) }
    }

    /// Starts a pool of one thread that gets a processor when nobody else wants it, and else about a tenth of one: for
    /// work that no peer waits for. docs/performance.md says what sync has of it.
    func startBehindOthers() {
        start()
        // On Linux each thread has a niceness of its own, and may always be nicer. If not, sync waits for this work too.
        submit { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.niceness) }
    }

    private static let niceness: Int32 = 10
}
