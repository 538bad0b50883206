import CaseModel
import LogFormat
import LogStore
import StoreIO

/// Carries what is in the log into a read model: the one in use, or one that is made for it.
struct ViewFollower {
    let log: LogStore
    let folder: ViewFolder
    let surroundings: Surroundings
    /// A change with its identifying fields opened where their key is here.
    let open: (RecordChange) throws -> RecordChange

    // MARK: - Making one

    /// The read model in use; a new one, complete, where there is none. In memory where the folder can not be written.
    ///
    /// - Returns: The read model, and a sentence when it is in memory.
    func inUse(_ progress: (UInt64, UInt64) -> Void) throws -> (view: ReadModel, problem: String?) {
        func openedCurrent() throws -> ReadModel? {
            guard let path = try folder.current() else { return nil }
            do {
                return try ReadModel(path: path)
            } catch  where CaseStore.isDamage(error) {
                return nil
            }
        }
        let target = try log.frontier()
        do {
            if let view = try openedCurrent() { return (view, nil) }
            let lock = try folder.lock()
            defer { withExtendedLifetime(lock) {} }
            if let view = try openedCurrent() { return (view, nil) }
            return (try buildCurrent(to: target, progress).view, nil)
        } catch  where CaseStore.isUnwritable(error) {
            return (try buildInMemory(to: target, progress).view, CaseStore.memorySentence(error))
        }
    }

    /// A new file beside the one in use, whole and named as current. Only under the folder's lock.
    ///
    /// - Returns: The read model, and the damage of the log that kept it from holding everything.
    func buildCurrent(
        to target: Frontier,
        _ progress: (UInt64, UInt64) -> Void
    ) throws -> (view: ReadModel, damage: StorageError?) {
        try folder.building { path in
            let built = try build(at: path, to: target, progress)
            try folder.makeCurrent(path)
            return built
        }
    }

    /// The same in a file that nothing names yet.
    func build(
        at path: String,
        to target: Frontier,
        _ progress: (UInt64, UInt64) -> Void
    ) throws -> (view: ReadModel, damage: StorageError?) {
        let next = try ReadModel(path: path, isBeingBuilt: true)
        let damage = try follow(next, to: target, progress)
        try next.settle()
        return (next, damage)
    }

    /// The same in memory, for this process only.
    func buildInMemory(
        to target: Frontier,
        _ progress: (UInt64, UInt64) -> Void
    ) throws -> (view: ReadModel, damage: StorageError?) {
        let next = try ReadModel(path: nil)
        return (next, try follow(next, to: target, progress))
    }

    /// A copy of a read model whose file can not be written any more, for this process only, with what it lacked.
    func carriedOnInMemory(
        _ view: ReadModel,
        to target: Frontier,
        _ progress: (UInt64, UInt64) -> Void
    ) throws -> (view: ReadModel, damage: StorageError?) {
        let copy: ReadModel
        do {
            copy = try view.copiedToMemory()
        } catch  where CaseStore.isUnwritable(error) {
            return try buildInMemory(to: target, progress)
        }
        return (copy, try follow(copy, to: target, progress))
    }

    // MARK: - Following

    /// Whether everything the read model holds is in the log. Where the log is damaged, or lost what it held, what was
    /// applied before stands.
    func fits(_ view: ReadModel, _ target: Frontier) throws -> Bool {
        for (feed, head) in try view.frontier() {
            let there = target[feed]
            if there?.position ?? 0 < head.position {
                // Unless another process applied what was recorded after `target` was read.
                guard try log.frontier()[feed]?.position ?? 0 >= head.position else {
                    guard try isLostBehindEnd(feed, through: head, heldBy: view) else { return false }
                    continue
                }
            }
            let known: FeedHead?
            do {
                known = there?.position == head.position ? there : try log.head(of: feed, at: head.position)
            } catch {
                guard error.code == .corrupted else { throw error }
                known = nil
            }
            if let known, known.digest != head.digest { return false }
        }
        return true
    }

    /// Whether the log says itself that it lost what a read model holds behind the feed's end, and the read model has the
    /// same entry at that end.
    func isLostBehindEnd(_ feed: FeedID, through head: FeedHead, heldBy view: ReadModel) throws -> Bool {
        let end = try log.frontier()[feed]
        guard end?.position ?? 0 < head.position else { return false }
        let lost = (end?.position ?? 0) + 1...head.position
        let losses = try log.losses().filter { $0.feed == feed }
        guard
            losses.contains(where: { $0.positions.contains(lost.lowerBound) && $0.positions.contains(lost.upperBound) })
        else { return false }
        guard let end, end.position > 0 else { return true }
        let filed = try view.read(opening: { $0 }) { try $0.digestPrefix(of: feed, at: end.position) }
        return filed.map { $0 == end.digest.prefix } ?? true
    }

    /// Applies what `view` lacks of `target`: what can be read in front of damage and behind it, and what has come back of
    /// what could not be read before.
    ///
    /// - Returns: Why something had to be left out, of the first feed where that is so; nil when everything was applied.
    func follow(
        _ view: ReadModel,
        to target: Frontier,
        _ progress: (UInt64, UInt64) -> Void
    ) throws -> StorageError? {
        var applied = try view.frontier()
        let total = target.rows.reduce(UInt64(0)) { $0 + $1.head.position }
        var done = applied.values.reduce(UInt64(0)) { $0 + $1.position }
        var damage = try fillGaps(of: view, to: target)
        for row in target.rows {
            var steps = FeedSteps(of: row, after: applied[row.feed]?.position ?? 0, in: log)
            defer { steps.stop() }
            while (applied[row.feed]?.position ?? 0) < row.head.position {
                let before = applied[row.feed]
                let step: FeedSteps.Step
                do {
                    step = try steps.next()
                } catch {
                    guard error.code == .corrupted || error.code == .moved else { throw error }
                    damage = damage ?? error
                    break
                }
                damage = damage ?? step.damage
                let isDone = try view.apply(
                    step.entries,
                    of: row.feed,
                    before: before,
                    missing: step.missing,
                    after: step.head,
                    milliseconds: surroundings.clock.millisecondsSinceEpoch(),
                    open: open
                )
                if isDone {
                    applied[row.feed] = step.head
                    done += step.head.position - (before?.position ?? 0)
                } else {
                    applied = try progressed(view, from: before, row.feed)
                    done = applied.values.reduce(UInt64(0)) { $0 + $1.position }
                    steps.stop()
                    steps = FeedSteps(of: row, after: applied[row.feed]?.position ?? 0, in: log)
                }
                progress(done, total)
            }
        }
        return damage
    }

    /// Asks once more for what could not be read before.
    ///
    /// - Returns: Why some of it still can not be read; nil when nothing is left.
    private func fillGaps(of view: ReadModel, to target: Frontier) throws -> StorageError? {
        var damage: StorageError?
        for gap in try view.gaps() {
            guard let end = target[gap.feed] else { continue }
            var open: FeedGap? = gap
            while let current = open {
                let step: FeedSteps.Step
                do {
                    guard let next = try FeedSteps.step(of: current, through: end, in: log) else { break }
                    step = next
                } catch {
                    guard error.code == .moved else { throw error }
                    break
                }
                damage = damage ?? step.damage
                let entries = step.entries.prefix { $0.reference.position <= current.positions.upperBound }
                guard let last = entries.last?.reference.position else { break }
                var rest: [FeedGap] = []
                if let missing = step.missing {
                    rest.append(FeedGap(feed: current.feed, positions: missing, before: current.before))
                }
                open = nil
                if last < current.positions.upperBound {
                    let behind = FeedGap(
                        feed: current.feed,
                        positions: last + 1...current.positions.upperBound,
                        before: step.head
                    )
                    rest.append(behind)
                    open = behind
                }
                let isDone = try view.fill(
                    current,
                    with: Array(entries),
                    leaving: rest,
                    milliseconds: surroundings.clock.millisecondsSinceEpoch(),
                    open: self.open
                )
                // Another process is at it.
                guard isDone else { break }
            }
        }
        return damage
    }

    /// Another process applied the feed meanwhile.
    private func progressed(
        _ view: ReadModel,
        from before: FeedHead?,
        _ feed: FeedID
    ) throws -> [FeedID: FeedHead] {
        let applied = try view.frontier()
        guard let now = applied[feed], now.position > before?.position ?? 0 else {
            throw DamagedView("The read model went back.")
        }
        return applied
    }
}
