import LogFormat
import LogStore
import SimulatedStorage
import StoreIO

// What goes wrong with bytes, at the end of a history.
extension History {
    mutating func damage(_ numbers: inout SplitMix64) throws {
        // What others see from here on is what is promised; and so it is known that all was well before.
        let peaceful = try LogStore.open(
            at: Stage.root,
            in: disk.process("before").surroundings,
            options: Stage.options
        )
        try stage.judge.compare(peaceful, &promises)
        var touched: Set<String> = []
        if numbers.chance(1, in: 3) {
            try workWithSilentFaults(&numbers)
            touched = ["during"]
        }
        goOn(with: disk.killed())
        if touched.isEmpty || numbers.chance(1, in: 4) {
            for _ in 0..<1 + (numbers.chance(1, in: 3) ? numbers.below(3) : 0) {
                if let path = try damageOne(&numbers) { touched.insert(path) }
            }
        }
        var isAfterPowerCut = touched.contains("during") || touched.contains { $0.hasSuffix("/HEADS") }
        if numbers.chance(1, in: 2) {
            let policy = policy(of: &numbers)
            tell("then: \(policy)")
            goOn(with: disk.crashed(policy))
            isAfterPowerCut = true
        } else if numbers.chance(1, in: 2) {
            tell("then: the page cache forgets")
            disk.dropCleanPages()
            isAfterPowerCut = isAfterPowerCut || touched.contains("during")
        }
        let needed = ["/FORMAT", "/SITE", "/site.key", "/REGISTRY"]
        let outcome = try DamageJudge(stage.judge).judge(
            disk,
            promises,
            isAfterPowerCut: isAfterPowerCut,
            mayRefuse: touched.contains("during")
                || touched.contains { path in needed.contains { path.hasSuffix($0) } }
        )
        figures.judged += 1
        figures.damage.intact += outcome.intact
        figures.damage.named += outcome.named
        figures.damage.unwitnessed += outcome.unwitnessed
        tell("\(outcome)")
    }

    private func policy(of numbers: inout SplitMix64) -> CrashPolicy {
        switch numbers.below(3) {
        case 0: .dropAll
        case 1: .keepAll
        default: .seeded(numbers.next())
        }
    }

    // MARK: - Damage at rest

    private func damageOne(_ numbers: inout SplitMix64) throws -> String? {
        let all = try disk.tree("/").filter { path in
            guard !path.contains("/LOCK"), !path.contains("/quarantine/") else { return false }
            return try disk.process().status(path)?.kind == .file
        }
        let feeds = all.filter { $0.hasSuffix("seg") }
        let heads = all.filter { $0.hasSuffix("/HEADS") }
        let choice = numbers.below(10)
        // The last segment of a feed is where damage and a write that the power cut short look alike.
        let last = feeds.filter { path in
            path.hasSuffix(".seg") && !feeds.contains { $0 > path && $0.hasPrefix(path.dropLast(20)) }
        }
        let paths = choice < 4 ? last : choice < 7 ? feeds : choice < 8 ? heads : all
        guard let path = paths.isEmpty ? nil : paths[numbers.below(paths.count)] else { return nil }
        let count = try disk.contents(path).count
        guard count > 0 else { return nil }
        // Where something is, mostly.
        let end = (try disk.contents(path).lastIndex { $0 != 0 } ?? 0) + 1
        let offset = numbers.below(numbers.chance(1, in: 5) ? count : end)
        let sector = offset / 512 * 512
        let length = min(512, count - sector)
        switch numbers.below(12) {
        case 0..<5:
            let bit = numbers.below(8)
            tell("damage: bit \(bit) of byte \(offset) of \(path) turns over")
            try disk.flipBit(path, byte: offset, bit: bit)
        case 5:
            tell("damage: the sector at \(sector) of \(path) is zero")
            try disk.overwrite(path, at: sector, with: [UInt8](repeating: 0, count: length))
        case 6:
            tell("damage: the sector at \(sector) of \(path) is random")
            try disk.overwrite(path, at: sector, with: numbers.bytes(length))
        case 7, 8:
            tell("damage: the sector at \(sector) of \(path) is as it was some time ago")
            guard try earlier.tree("/").contains(path) else { return nil }
            let old = try earlier.contents(path).dropFirst(sector).prefix(length)
            try disk.overwrite(path, at: sector, with: Array(old))
        case 9:
            let source = all[numbers.below(all.count)]
            let content = try disk.contents(source)
            let start = numbers.below(content.count / 512 + 1) * 512
            tell("damage: the sector at \(start) of \(source) lies at \(sector) of \(path) too")
            try disk.overwrite(path, at: sector, with: Array(content.dropFirst(start).prefix(length)))
        case 10:
            tell("damage: \(path) is cut to \(offset) bytes")
            try disk.truncate(path, to: offset)
        default:
            tell("damage: \(path) is gone")
            try disk.remove(path)
        }
        return path
    }

    // MARK: - Silent faults while at work

    private mutating func workWithSilentFaults(_ numbers: inout SplitMix64) throws {
        let index = numbers.below(120)
        let faults: [DiskFault] = [
            .flippedRead(bit: numbers.below(4_096)), .staleRead, .flippedWrite(bit: numbers.below(4_096)), .lostWrite,
            .misdirectedWrite(sectors: [-2, -1, 1, 2, 3][numbers.below(5)]),
        ]
        let fault = faults[numbers.below(faults.count)]
        tell("from call \(index) on the first call that can go wrong does: \(fault)")
        let once = Once()
        let operation: DiskCall.Operation
        switch fault {
        case .flippedRead, .staleRead: operation = .read
        default: operation = .write
        }
        let process = disk.process(
            "victim",
            faults: Planted.faults(
                over: FaultPlan { call in
                    call.index >= index && call.operation == operation && once.isFirst() ? fault : nil
                }
            )
        )
        let store: LogStore
        do throws(StorageError) {
            store = try LogStore.open(at: Stage.root, in: process.surroundings, options: Stage.options)
        } catch {
            tell("  opening: \(error.code)")
            return
        }
        for round in 0..<4 {
            let entries = [Array("silent \(round)".utf8) + numbers.bytes(numbers.below(700))]
            let lane: Lane = numbers.chance(1, in: 2) ? .urgent : .records
            let number = promises.begin(entries, to: lane)
            do throws(StorageError) {
                promises.acknowledge(number, try store.append(entries, to: lane))
                if numbers.chance(1, in: 3) { _ = try store.closeActiveSegments() }
                if numbers.chance(1, in: 3) { _ = try store.seal(level: 1) }
            } catch {
                tell("  \(error.code)")
            }
        }
    }
}
