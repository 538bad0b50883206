import LogFormat
import SimulatedStorage
import SyncProtocol

/// What becomes of what an honest program says on its way out of a machine whose owner means ill, or whose program is broken:
/// forged rows and receipts, tails that nobody signed, replays, credit beyond measure, incidents that are none, and noise.
///
/// One for each machine: what was said on one connection is replayed on others. The key is the owner's, so what it signs is
/// real; of others it can sign nothing.
final class Liar: @unchecked Sendable {
    private var numbers: SplitMix64
    /// One in so many messages is a lie.
    private let truths: Int
    /// Frames from before.
    private var kept: [[UInt8]] = []
    /// Feeds that were spoken of, in that order.
    private var feeds: [FeedID] = []

    private static let keptMaximum = 64

    init(seed: UInt64) {
        numbers = SplitMix64(seed: seed)
        truths = [2, 6, 20][numbers.below(3)]
    }

    /// Takes a message.
    ///
    /// - Parameters:
    ///   - message: What the program says.
    ///   - spoken: What was said on this connection of what is held here.
    /// - Returns: What goes out instead.
    func utter(_ message: SyncMessage, _ spoken: inout HaveVector) -> [UInt8] {
        let isLie = numbers.chance(1, in: truths)
        var bytes: [UInt8] = []
        for said in isLie ? lie(instead: message) : [message] { bytes += frame(said, &spoken) }
        if isLie, numbers.chance(1, in: 6), let replayed = kept.randomElement(using: &numbers) { bytes += replayed }
        if isLie, numbers.chance(1, in: 12), !bytes.isEmpty {
            bytes[numbers.below(bytes.count)] ^= UInt8(1 << numbers.below(8))
        }
        return bytes
    }

    private func frame(_ message: SyncMessage, _ spoken: inout HaveVector) -> [UInt8] {
        var message = message
        // A forged vector has to have the digest it says, or nobody would believe any of it.
        switch message {
        case .have(var have) where have.result != nil:
            for row in have.rows { remember(row.feed) }
            if have.base == nil { spoken = HaveVector() } else { have.base = spoken.digest }
            for row in have.rows { spoken[row.feed] = row.row }
            have.result = spoken.digest
            message = .have(have)
        case .ack(let feed, let row): spoken[feed] = row
        default: break
        }
        let bytes = message.frame.encoded
        if kept.count < Self.keptMaximum {
            kept.append(bytes)
        } else {
            kept[numbers.below(kept.count)] = bytes
        }
        return bytes
    }

    private func remember(_ feed: FeedID) {
        if feeds.count < Self.keptMaximum, !feeds.contains(feed) { feeds.append(feed) }
    }

    private func lie(instead message: SyncMessage) -> [SyncMessage] {
        switch message {
        case .hello(var hello):
            hello.wallMilliseconds += Int64(numbers.below(7_300) - 3_650) * 86_400_000
            return [.hello(hello)]
        case .have(var have):
            for index in have.rows.indices where numbers.chance(1, in: 2) { forge(&have.rows[index].row) }
            if numbers.chance(1, in: 4), !have.rows.isEmpty { have.rows.remove(at: numbers.below(have.rows.count)) }
            return [.have(have)]
        case .ack(let feed, var row):
            forge(&row)
            return numbers.chance(1, in: 6) ? [] : [.ack(feed: feed, row: row)]
        case .want(var want):
            switch numbers.below(4) {
            case 0: want.creditBytes = Limits.wantBytesMaximum
            case 1: want.restarts.toggle()
            case 2: want.after = FeedHead(position: want.after.position, digest: digest())
            default: want.after = FeedHead(position: UInt64(numbers.below(40)), digest: digest())
            }
            return [.want(want)]
        case .data(let data): return falsified(data)
        case .checkpoint(let feed, var head, var signature):
            switch numbers.below(3) {
            case 0: signature = numbers.bytes(signature.count)
            case 1: head = FeedHead(position: head.position + 1 + UInt64(numbers.below(5)), digest: head.digest)
            default: return []
            }
            return [.checkpoint(feed: feed, head: head, signature: signature)]
        case .report(var reports):
            for index in reports.indices {
                reports[index].ageSeconds = UInt64(numbers.below(1 << 30))
                reports[index].clockOffsetMilliseconds = Int64(numbers.below(1 << 40)) - (1 << 39)
                if numbers.chance(1, in: 2) { reports[index].heads = [] }
            }
            return [.report(reports)]
        case .keys, .incident: return [message, rumour()].compactMap(\.self)
        case .bye: return [message]
        }
    }

    private func digest() -> ChainDigest {
        guard let digest = ChainDigest(numbers.bytes(ChainDigest.lengthBytes)) else {
            preconditionFailure("a digest is as long as a digest")
        }
        return digest
    }

    private func forge(_ row: inout HaveRow) {
        switch numbers.below(4) {
        case 0: row.position += 1 + UInt64(numbers.below(50))
        case 1: row.position += 1 << 40
        case 2: row.position = max(1, row.position - min(row.position, UInt64(numbers.below(5))))
        default: break
        }
        if numbers.chance(2, in: 3) { row.digest = ShortDigest(digest()) }
        if numbers.chance(1, in: 4) { row.bytes = numbers.next() >> UInt64(8 + numbers.below(50)) }
    }

    /// An incident that is none.
    private func rumour() -> SyncMessage? {
        feeds.randomElement(using: &numbers).map {
            .incident(kind: .diverged, feed: $0, position: UInt64(1 + numbers.below(30)))
        }
    }

    private func falsified(_ data: SyncMessage.DataBlocks) -> [SyncMessage] {
        var data = data
        switch numbers.below(7) {
        case 0:
            data.isPushed.toggle()
            return [.data(data)]
        case 1:
            data.after += UInt64(numbers.below(3))
            return [.data(data)]
        case 2:
            data.digest = ShortDigest(digest())
            return [.data(data)]
        case 3: return [.data(data), .data(data)]
        case 4: return []
        case 5: return [.data(data), rumour()].compactMap(\.self)
        default:
            // Anybody can go on with a chain; only its owner can sign where it ends.
            guard let end = data.blocks.last?.header.head, let tail = madeUp(after: end) else { return [.data(data)] }
            data.blocks.append(tail)
            return [.data(data)]
        }
    }

    private func madeUp(after head: FeedHead) -> Block? {
        var builder = BlockBuilder(after: head)
        do throws(FormatError) {
            for _ in 0..<1 + numbers.below(3) { _ = try builder.append(numbers.bytes(1 + numbers.below(200))) }
        } catch {
            return nil
        }
        return builder.finish()
    }
}
