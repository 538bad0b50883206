package import NIOPosix
import SyncEngine

extension NIOThreadPool: WorkQueue {
    package func submit(_ work: @escaping @Sendable () -> Void) { submit { (_: WorkItemState) in work() } }
}
