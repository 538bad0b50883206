import LogFormat
import LogStore
import SimulatedStorage
import StoreIO
import Synchronization

// What a process does with the store.
extension History {
    mutating func act(_ actor: Actor, _ index: Int, _ step: Int, _ numbers: inout SplitMix64) throws {
        let store = actor.store
        switch numbers.below(100) {
        case 0..<26: try append(entries(step, &numbers), to: lane(&numbers), actor)
        case 26..<28: try append(large(step, &numbers), to: lane(&numbers), actor)
        case 28..<38: try appendExpecting(heads(of: store), isFresh: true, step, actor, &numbers)
        case 38..<44: try appendExpecting(rememberedHeads, isFresh: false, step, actor, &numbers)
        case 44..<47:
            rememberedHeads = try heads(of: store)
            tell("  remembers the own heads")
        case 47..<58: try receive(numbers.chance(1, in: 6) ? .other : .right, 1 + numbers.below(4), store)
        case 58..<66: try attest(store, &numbers)
        case 66..<68: try offerForged(store, &numbers)
        case 68..<73:
            tell("  ends the active segments")
            _ = try store.closeActiveSegments()
        case 73..<79:
            tell("  seals")
            guard try store.seal(level: 1) != nil else { throw Wrong("nobody else seals") }
        case 79..<85:
            tell("  looks at everything")
            try stage.judge.compare(store, &promises, mayFail: actor.mayFail, mayLack: actor.mayLack)
        case 85..<92: try appendInTheMiddle(actor, index, step, &numbers)
        case 92..<95:
            tell("  makes HEADS durable")
            try store.close()
        case 95..<97:
            tell("  discards what nobody attested")
            promises.stored = promises.attested.lowerBound...promises.stored.upperBound
            try store.discardUnattested(of: stage.judge.peer.feed)
            // Into files of the same names, which others may have open as they were.
            if numbers.chance(2, in: 3) { try receive(.right, 1 + numbers.below(4), store) }
        default:
            tell("  ends")
            actors[index] = nil
        }
    }

    private func lane(_ numbers: inout SplitMix64) -> Lane {
        switch numbers.below(6) {
        case 0: .roster
        case 1, 2: .urgent
        default: .records
        }
    }

    private func entries(_ step: Int, _ numbers: inout SplitMix64) -> [[UInt8]] {
        (0..<1 + numbers.below(4)).map { number in
            Array("step \(step) entry \(number) ".utf8)
                + numbers.bytes(numbers.below(numbers.chance(1, in: 4) ? 1_500 : 120))
        }
    }

    /// More than one block holds.
    private func large(_ step: Int, _ numbers: inout SplitMix64) -> [[UInt8]] {
        (0..<3 + numbers.below(2)).map { number in
            Array("step \(step) large \(number) ".utf8) + [UInt8](repeating: UInt8(numbers.below(256)), count: 14_000)
        }
    }

    // MARK: - Own entries

    private mutating func append(
        _ entries: [[UInt8]],
        to lane: Lane,
        expecting: [FeedID: FeedHead]? = nil,
        _ actor: Actor
    ) throws {
        tell("  appends \(entries.count) entries, \(entries.map(\.count)) bytes, to lane \(lane.rawValue)")
        let number = promises.begin(entries, to: lane)
        do {
            promises.acknowledge(number, try actor.store.append(entries, to: lane, expecting: expecting))
        } catch {
            if [.moved, .locked].contains(error.code) { promises.takeBack(number) }
            throw error
        }
    }

    private func heads(of store: LogStore) throws(StorageError) -> [FeedID: FeedHead] {
        var heads: [FeedID: FeedHead] = [:]
        for row in try store.frontier().rows where row.feed.site == store.site && row.feed.epoch == store.epoch {
            heads[row.feed] = row.head
        }
        return heads
    }

    /// With heads read just now an append must be taken; with older ones only when nothing was acknowledged since.
    private mutating func appendExpecting(
        _ heads: [FeedID: FeedHead],
        isFresh: Bool,
        _ step: Int,
        _ actor: Actor,
        _ numbers: inout SplitMix64
    ) throws {
        let isOutdated = Lane.allCases.contains { lane in
            let feed = FeedID(site: actor.store.site, epoch: actor.store.epoch, lane: lane)
            return promises.last(of: feed) > heads[feed]?.position ?? 0
        }
        tell("  expects \(isFresh ? "the heads" : "heads seen before")\(isOutdated ? ", which are outdated" : "")")
        do {
            try append(entries(step, &numbers), to: lane(&numbers), expecting: heads, actor)
        } catch let error as StorageError {
            guard error.code == .moved, !isFresh else { throw error }
            tell("  moved")
            return
        }
        if isOutdated { throw Wrong("an append was taken that expected heads from before others were acknowledged") }
    }

    /// Another process appends before one of the calls of an append: it waits in vain, or comes before or after.
    private mutating func appendInTheMiddle(
        _ actor: Actor,
        _ index: Int,
        _ step: Int,
        _ numbers: inout SplitMix64
    ) throws {
        let others = actors.indices.filter { $0 != index && actors[$0] != nil }
        guard !others.isEmpty, let other = actors[others[numbers.below(others.count)]] else { return }
        let otherEntries = [Array("step \(step) in between".utf8)]
        let otherLane = lane(&numbers)
        let number = promises.begin(otherEntries, to: otherLane)
        let first = actor.process.callCount + numbers.below(30)
        tell(
            "  is joined by \(other.name) before its call \(first), which appends one entry to lane \(otherLane.rawValue)"
        )
        let noted = Noted()
        let actorName = actor.name
        disk.observeBefore { call in
            guard call.process == actorName, call.index >= first, noted.isFirst() else { return }
            noted.note(Result { () throws(StorageError) in try other.store.append(otherEntries, to: otherLane) })
        }
        var failure: (any Error)?
        do {
            try append(entries(step, &numbers), to: lane(&numbers), actor)
        } catch {
            failure = error
        }
        disk.observeBefore(nil)
        switch noted.result {
        case nil: promises.takeBack(number)
        case .success(let references): promises.acknowledge(number, references)
        case .failure(let error):
            tell("  \(other.name): \(error.code)")
            switch error.code {
            case .locked: promises.takeBack(number)
            case .halted: for index in others where actors[index]?.name == other.name { actors[index] = nil }
            case .noSpace where isFull: break
            case .inputOutput, .noSpace, .readOnly, .poisoned: guard other.mayFail else { throw error }
            default: throw error
            }
        }
        if let failure { throw failure }
    }

    // MARK: - The replica

    enum Source { case right, other }

    private mutating func receive(_ source: Source, _ count: Int, _ store: LogStore) throws {
        let peer = stage.judge.peer
        let head = try store.feeds().first { $0.feed == peer.feed }?.stored ?? peer.heads[0]
        let blocks = try peer.blocks(after: head, isOther: source == .other)
        let some = Array(blocks.prefix(count))
        guard let last = some.last else { return tell("  has received all there is") }
        tell("  receives \(some.count) \(source) blocks up to position \(last.header.lastPosition)")
        promises.stored = promises.stored.lowerBound...max(promises.stored.upperBound, last.header.lastPosition)
        let reached = try store.receive(some, of: peer.feed, key: peer.key, after: head)
        guard reached == last.header.head else { throw Wrong("received to \(reached), not to the last block's end") }
        promises.stored = reached.position...max(promises.stored.upperBound, reached.position)
    }

    private mutating func attest(_ store: LogStore, _ numbers: inout SplitMix64) throws {
        let peer = stage.judge.peer
        guard let replica = try store.feeds().first(where: { $0.feed == peer.feed }), replica.stored.position > 0 else {
            return tell("  has nothing to attest")
        }
        let position = 1 + UInt64(numbers.below(Int(replica.stored.position)))
        let isContradicted = replica.stored != peer.heads[Int(replica.stored.position)] && position > peer.forkPosition
        tell("  attests position \(position)\(isContradicted ? ", which contradicts what is stored" : "")")
        if isContradicted {
            promises.stored = promises.attested.lowerBound...promises.stored.upperBound
        } else {
            promises.attested = promises.attested.lowerBound...max(promises.attested.upperBound, position)
        }
        do {
            try store.attest(peer.checkpoints[Int(position) - 1], key: peer.key)
        } catch {
            guard isContradicted, error.code == .moved else { throw error }
            return
        }
        if isContradicted { throw Wrong("a contradicted history was attested") }
        promises.attested = max(promises.attested.lowerBound, position)...promises.attested.upperBound
    }

    /// Blocks that are whole and do not continue the feed, and a statement with another's signature.
    private mutating func offerForged(_ store: LogStore, _ numbers: inout SplitMix64) throws {
        let peer = stage.judge.peer
        let head = try store.feeds().first { $0.feed == peer.feed }?.stored ?? peer.heads[0]
        tell("  is offered blocks that do not continue the feed")
        guard let forged = try peer.forged(after: head) else { return }
        do {
            try store.receive([forged], of: peer.feed, key: peer.key, after: head)
        } catch {
            guard error.code == .invalidArgument else { throw error }
            return
        }
        throw Wrong("a block was taken whose chain does not continue the feed")
    }
}

/// The answer another process got, from inside a call.
private final class Noted: Sendable {
    private let state = Mutex<(isTaken: Bool, result: Result<[EntryReference], StorageError>?)>((false, nil))

    func isFirst() -> Bool {
        state.withLock { state in
            defer { state.isTaken = true }
            return !state.isTaken
        }
    }

    func note(_ result: Result<[EntryReference], StorageError>) { state.withLock { $0.result = result } }

    var result: Result<[EntryReference], StorageError>? { state.withLock { $0.result } }
}
