import LogFormat
import LogStore

/// The table of regions and verdicts, written from `Protocol/log-format.md`: offsets and lengths are those of the page, and
/// nothing of the log is asked.
struct Regions {
    private(set) var all: [ByteSweep.Region] = []
    private let disk: SimulatedDisk
    private let paths: StorePaths

    init(_ disk: SimulatedDisk, _ judge: CrashJudge, own: FeedID, ownEnd: UInt64, peerEnd: UInt64) throws {
        self.disk = disk
        paths = StorePaths(root: judge.root)
        let names = try disk.tree(paths.feed(own)).filter { $0.hasSuffix("seg") }
        precondition(names.map { $0.hasSuffix(".zseg") } == [true, false, false], "sealed, closed and in use")
        let firsts = names.map(Self.firstPosition) + [ownEnd + 1]
        try addSealed(names[0], own, firsts[0]...firsts[1] - 1)
        try addRaw(names[1], own, firsts[1]...firsts[2] - 1, isActive: false)
        try addRaw(names[2], own, firsts[2]...ownEnd, isActive: true)
        let replica = try disk.tree(paths.feed(judge.peer.feed))
        for path in replica where path.hasSuffix(".seg") {
            try addRaw(path, judge.peer.feed, 1...peerEnd, isActive: true)
        }
        for path in replica where path.hasSuffix("/CHECKPOINTS") {
            // What was attested once is in HEADS too. A row that can not be read is passed over.
            try add(path, 0..<disk.contents(path).count, "checkpoints", .intact, .intact)
        }
        // Of each pair the older unit, or the newer one before it, says as much as is needed: ends are found again in the
        // segments where it does not.
        try add(paths.heads, 0..<1024, "HEADS header", .intact, .intact)
        try add(paths.heads, 1024..<disk.contents(paths.heads).count, "HEADS slots", .intact, .intact)
        for path in [paths.format, paths.site] {
            try add(path, 0..<disk.contents(path).count, "text file", .refused, .refused)
        }
        // Reading needs no key of one's own.
        try add(paths.key, 0..<disk.contents(paths.key).count, "site.key", .readOnly, .readOnly)
        // Looked at only by who wants to reach the registry.
        try add(paths.registry, 0..<disk.contents(paths.registry).count, "REGISTRY", .harmless, .harmless)
        for path in try disk.tree("/state") where path.hasSuffix(".marker") {
            // Compared before an append, and an append in a new epoch is no damage.
            try add(path, 0..<disk.contents(path).count, "marker", .harmless, .harmless)
        }
    }

    private mutating func add(
        _ path: String,
        _ bytes: Range<Int>,
        _ name: String,
        _ running: ByteSweep.Verdict,
        _ restarted: ByteSweep.Verdict
    ) throws {
        guard !bytes.isEmpty else { return }
        all.append(.init(path: path, bytes: bytes, name: name, running: running, restarted: restarted))
    }

    /// A file named `<position of the first entry, 16 hexadecimal digits>.seg` or `.zseg`.
    private static func firstPosition(_ path: String) -> UInt64 {
        let digits = path.split(separator: "/").last.map { $0.prefix(16) } ?? ""
        guard let position = UInt64(digits, radix: 16) else { preconditionFailure("\(path) names no position") }
        return position
    }

    private static func number(_ bytes: [UInt8], _ offset: Int, _ length: Int) -> UInt64 {
        (0..<length).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
    }

    /// A header of 256 bytes, then placed blocks: 16 bytes of prefix, 64 of header, the stored bytes. Then zeros.
    private mutating func addRaw(
        _ path: String,
        _ feed: FeedID,
        _ positions: ClosedRange<UInt64>,
        isActive: Bool
    ) throws {
        let bytes = try disk.contents(path)
        let whole = ByteSweep.Verdict.named(feed, positions)
        // Without its header nothing of a segment can be placed; of the newest one nothing is left after a restart, and a
        // replica of which no header is left is set aside as a whole.
        try add(path, 0..<256, isActive ? "header of the segment in use" : "header of a closed segment", whole, whole)
        var offset = 256
        var commitStart = offset
        var commitFirst = positions.lowerBound
        while offset < bytes.count, Self.number(bytes, offset, 4) != 0 {
            let first = Self.number(bytes, offset + 16, 8)
            // All blocks of a commit say where it begins.
            if Self.number(bytes, offset + 8, 8) != commitStart {
                commitStart = offset
                commitFirst = first
            }
            let stored = Int(Self.number(bytes, offset + 16 + 16, 4))
            // A reader follows blocks from the segment's beginning, so what lies behind a bad one is not found either.
            let rest = ByteSweep.Verdict.named(feed, first...positions.upperBound)
            // Recovery takes the commits of the segment in use whole or not at all.
            let restarted = isActive ? ByteSweep.Verdict.named(feed, commitFirst...positions.upperBound) : rest
            let kind = isActive ? "in use" : "closed"
            try add(path, offset..<offset + 16, "place prefix, \(kind)", rest, restarted)
            try add(path, offset + 16..<offset + 80, "block header, \(kind)", rest, restarted)
            try add(path, offset + 80..<offset + 80 + stored, "stored bytes, \(kind)", rest, restarted)
            offset += 80 + stored
        }
        // Reserved space. What lies there was never acknowledged.
        try add(path, offset..<bytes.count, "reserved space", .harmless, .harmless)
    }

    /// A header of 256 bytes, blocks, an index of 56 bytes a block, a footer of 128 bytes.
    private mutating func addSealed(_ path: String, _ feed: FeedID, _ positions: ClosedRange<UInt64>) throws {
        let bytes = try disk.contents(path)
        let whole = ByteSweep.Verdict.named(feed, positions)
        let footer = bytes.count - 128
        let index = Int(Self.number(bytes, footer + 8, 8))
        let count = Int(Self.number(bytes, footer + 16, 4))
        precondition(index + 56 * count == footer, "the index ends where the footer begins")
        try add(path, 0..<256, "header of a sealed segment", whole, whole)
        for row in 0..<count {
            let first = Self.number(bytes, index + 56 * row, 8)
            let offset = Int(Self.number(bytes, index + 56 * row + 8, 8))
            let length = Int(Self.number(bytes, index + 56 * row + 16, 4))
            let entries = Self.number(bytes, offset + 8, 4)
            // Blocks are found by the index: a bad one concerns no other.
            let verdict = ByteSweep.Verdict.named(feed, first...first + entries - 1)
            try add(path, offset..<offset + 64, "block header, sealed", verdict, verdict)
            try add(path, offset + 64..<offset + length, "stored bytes, sealed", verdict, verdict)
        }
        try add(path, index..<footer, "index", whole, whole)
        try add(path, footer..<bytes.count, "footer", whole, whole)
    }
}
