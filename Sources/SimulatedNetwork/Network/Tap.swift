import LogFormat
import SyncProtocol

/// What one end of a link said of what it holds, read from the bytes it sent, apart from the session.
final class Tap {
    /// What was said, by feed: the furthest.
    private(set) var said: [FeedID: HaveRow] = [:]
    /// Of that, what has arrived at the other end.
    private(set) var arrived: [FeedID: HaveRow] = [:]
    /// Rows of the last write.
    private(set) var news: [(feed: FeedID, row: HaveRow)] = []
    /// The reason of a BYE.
    private(set) var farewell: CloseReason?
    private(set) var sentBytes: UInt64 = 0
    private var deliveredBytes: UInt64 = 0
    private var waiting: [(offset: UInt64, rows: [(feed: FeedID, row: HaveRow)])] = []
    /// All that is said to be held, and every such vector of the world: one session begins with what another ended with.
    private var vector = HaveVector()
    private let vectors: SpokenVectors
    /// Rows that are said again by naming a vector, and were said before.
    private var repeated: [(feed: FeedID, row: HaveRow)] = []
    private var decoder = FrameDecoder()
    private let disguise: Disguise
    private var isDisguised = false
    /// What goes out of what is said; nil for who says what it means.
    private let liar: Liar?
    private var spoken = HaveVector()
    private let tell: ((String) -> Void)?

    /// - Parameters:
    ///   - disguise: What the end is to the other.
    ///   - liar: Changes what is said; then none of it counts as said.
    ///   - vectors: What was said in the world.
    ///   - tell: Hears of every message.
    init(_ disguise: Disguise, _ liar: Liar?, _ vectors: SpokenVectors, tell: ((String) -> Void)?) {
        self.vectors = vectors
        self.disguise = disguise
        self.liar = liar
        self.tell = tell
    }

    private static func describe(_ message: SyncMessage) -> String {
        func short(_ feed: FeedID) -> String {
            "\(feed.site.description.prefix(4))-\(feed.epoch.description.prefix(4))-\(feed.lane.rawValue)"
        }
        switch message {
        case .hello(let hello): return "HELLO of epoch \(hello.epoch.description.prefix(4))"
        case .have(let have):
            let rows = have.rows.map { "\(short($0.feed)) \($0.row.position)" }.joined(separator: ", ")
            return (have.base == nil ? "HAVE all: " : "HAVE: ") + rows + (have.asksForFull ? " and asks for all" : "")
        case .want(let want):
            return "WANT \(short(want.feed)) after \(want.after.position), \(want.creditBytes) bytes"
                + (want.restarts ? ", again" : "")
        case .data(let data):
            return "DATA \(short(data.feed)) \(data.after + 1) to \(data.lastPosition), \(data.blockBytes) bytes"
                + (data.isPushed ? ", pushed" : "")
        case .checkpoint(let feed, let head, _): return "CHECKPOINT \(short(feed)) \(head.position)"
        case .ack(let feed, let row): return "ACK \(short(feed)) \(row.position)"
        case .keys(let packets, _): return "KEYS, \(packets.count)"
        case .incident(let kind, let feed, let position):
            return "INCIDENT \(kind.map { "\($0)" } ?? "?") \(short(feed)) \(position)"
        case .report(let reports): return "REPORT of \(reports.count) sites"
        case .bye(let reason, let detail, _): return "BYE: \(reason). \(detail)"
        }
    }

    /// Takes what a session sends.
    ///
    /// - Returns: What goes out instead.
    func sending(_ bytes: [UInt8]) -> [UInt8] {
        (news, repeated) = ([], [])
        decoder.append(bytes)
        var out = bytes
        var isWhole = true
        // Where the message ends in all that was sent: a write of several may arrive in parts.
        var end = sentBytes
        do throws(SyncError) {
            while let frame = try decoder.next() {
                let message = try SyncMessage(frame)
                tell?(Self.describe(message))
                end += UInt64(frame.encoded.count)
                let (newsBefore, repeatedBefore) = (news.count, repeated.count)
                if let liar {
                    if isWhole { out = [] }
                    isWhole = false
                    out += liar.utter(message, &spoken)
                    continue
                }
                switch message {
                case .hello(let hello):
                    if disguise != .none, !isDisguised {
                        isDisguised = true
                        let greeting = disguise.greeting(hello)
                        out = greeting + bytes.dropFirst(frame.encoded.count)
                        end = sentBytes + UInt64(greeting.count)
                    }
                case .have(let have): hold(have)
                case .ack(let feed, let row):
                    news.append((feed, row))
                    vector[feed] = row
                    vectors.insert(vector)
                case .bye(let reason, _, _): farewell = reason
                default: break
                }
                let rows = repeated[repeatedBefore...] + news[newsBefore...]
                for row in rows { said[row.feed] = row.row }
                if !rows.isEmpty { waiting.append((end, Array(rows))) }
            }
        } catch {
            preconditionFailure("a session sends what can be read: \(error)")
        }
        sentBytes += UInt64(out.count)
        return out
    }

    private func hold(_ have: SyncMessage.Have) {
        guard have.result != nil else { return }
        if let base = have.base {
            if base != vector.digest, let known = vectors[base] {
                vector = known
                repeated += known.map { ($0.feed, $0.row) }
            }
        } else {
            vector = HaveVector()
        }
        for row in have.rows { vector[row.feed] = row.row }
        vectors.insert(vector)
        news += have.rows.map { ($0.feed, $0.row) }
    }

    /// So many bytes more were read at the other end.
    func delivered(_ count: Int) {
        deliveredBytes += UInt64(count)
        while let first = waiting.first, first.offset <= deliveredBytes {
            for row in first.rows { arrived[row.feed] = row.row }
            waiting.removeFirst()
        }
    }
}

/// Vectors that were said in a world, by digest.
final class SpokenVectors {
    private var vectors: [[UInt8]: HaveVector] = [:]

    subscript(digest: [UInt8]) -> HaveVector? { vectors[digest] }

    func insert(_ vector: HaveVector) { vectors[vector.digest] = vector }
}

/// What a machine's program is, as far as its peers can tell.
package enum Disguise: Hashable, Sendable {
    /// This one.
    case none
    /// A later one: more versions, features nobody here has heard of, messages that may be passed over.
    case newer
    /// One that has no version in common with this.
    case foreign
    /// One that lies: see ``Liar``.
    case hostile

    /// The first bytes it sends.
    func greeting(_ hello: SyncMessage.Hello) -> [UInt8] {
        var hello = hello
        switch self {
        case .none: break
        case .newer:
            hello.versions = hello.versions.lowerBound...hello.versions.upperBound + 7
            hello.features = 0xFFFF_0000_0000_0001
        case .hostile: break
        case .foreign: hello.versions = hello.versions.upperBound + 5...hello.versions.upperBound + 9
        }
        var bytes = SyncMessage.hello(hello).frame.encoded
        // An ancillary frame of a type nobody knows: 3 bytes long.
        if self == .newer { bytes += [3, 0, 0, 0, 0x2A, 1, 2, 3] }
        return bytes
    }
}
