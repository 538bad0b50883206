import LogFormat
import SimulatedStorage
import Synchronization

/// Seeded bugs that need no line in the log itself: calls that a careless program would have left out.
enum Planted {
    static func faults(over plan: FaultPlan) -> FaultPlan {
        #if ABSCOPE_SEEDED_BUGS
        FaultPlan { plan.fault(at: $0) ?? isLeftOut($0) }
        #else
        plan
        #endif
    }

    #if ABSCOPE_SEEDED_BUGS
    private static func isLeftOut(_ call: DiskCall) -> DiskFault? {
        switch call.operation {
        case .synchronize where call.path.hasSuffix(".seg") && !call.path.contains("/tmp/"):
            SeededBug.acknowledgedBeforeSync.isPlanted ? .skipped : nil
        case .syncDirectory: SeededBug.directoryNotSynced.isPlanted ? .skipped : nil
        case .lock where call.path.hasSuffix("/LOCK.append") || call.path.hasSuffix("/LOCK.turnstile"):
            SeededBug.lockNotTaken.isPlanted ? .skipped : nil
        default: nil
        }
    }
    #endif
}

/// True once.
final class Once: Sendable {
    private let isTaken = Mutex(false)

    func isFirst() -> Bool {
        isTaken.withLock { isTaken in
            defer { isTaken = true }
            return !isTaken
        }
    }

    var hasHappened: Bool { isTaken.withLock { $0 } }
}

/// True once, after it was asked so many times.
final class Countdown: Sendable {
    private let left: Mutex<Int>

    init(_ count: Int) { left = Mutex(count) }

    func isOver() -> Bool {
        left.withLock { left in
            defer { left -= 1 }
            return left == 0
        }
    }
}
