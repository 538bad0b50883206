import StoreIO
import Synchronization

/// Counts the calls that change the disk or a lock, writes them down, and kills the process at the one asked for.
final class Calls: Sendable {
    private let point: KillPoint?
    private let trace: LineFile?
    private let fitting = Mutex(0)

    init(killingAt point: KillPoint?, trace: LineFile?) {
        self.point = point
        self.trace = trace
    }

    /// Runs `body`, or dies before it, after it, or after `half`, which does half of its work where there is a half.
    func run<Result>(
        _ call: String,
        _ path: String,
        half: (() throws(StorageError) -> Void)? = nil,
        _ body: () throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        let target = Self.target(path)
        trace?.append("\(call) \(target)\(half == nil ? "" : " divisible")")
        guard let point, point.fits(call, target) else { return try body() }
        let isNow = fitting.withLock { count in
            count += 1
            return count == point.number
        }
        guard isNow else { return try body() }
        switch point.moment {
        case .before: KillPoint.die()
        case .middle:
            try half?()
            KillPoint.die()
        case .after:
            _ = try body()
            KillPoint.die()
        }
    }

    /// What a path is to the log, in one word.
    static func target(_ path: String) -> String {
        let parts = path.split(separator: "/")
        guard let name = parts.last else { return "root" }
        if parts.dropLast().last == "tmp" { return "temporary" }
        if name.hasSuffix(".seg") { return "segment" }
        if name.hasSuffix(".zseg") { return "sealed" }
        if name.hasSuffix(".marker") || name.hasSuffix(".marker.new") { return "marker" }
        if name.hasPrefix("LOCK") { return "lock" }
        if parts.dropLast().last == "feeds" { return "feed" }
        return switch name {
        case "HEADS": "heads"
        case "SITE", "SITE.new", "FORMAT", "site.key": "identity"
        case "CHECKPOINTS": "checkpoints"
        case "feeds", "tmp", "quarantine", "view", "incidents": "folder"
        default: parts.dropLast().last == "quarantine" ? "quarantine" : "other"
        }
    }
}
