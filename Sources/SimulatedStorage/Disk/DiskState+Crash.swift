import StoreIO

/// What a power cut leaves.
extension DiskState {
    /// Sectors and sizes that a power cut may lose: see ``CrashPolicy``.
    var unsyncedData: Int {
        nodes.values.reduce(0) { $0 + Set($1.unsynced.map(\.sector)).count + ($1.hasUnsyncedSize ? 1 : 0) }
    }

    /// The disk after a power cut: nobody runs, nothing is locked, and of what was not synced there is what the policy
    /// says.
    func afterPowerCut(_ policy: CrashPolicy) -> DiskState {
        var after = self
        after.settleData(policy.data)
        after.settleNames(policy.names)
        after.processes = [:]
        after.handles = [:]
        after.locks = [:]
        after.calls = []
        after.bootNumber += 1
        after.removeUnreachable()
        return after
    }

    /// The disk after every process was killed: the page cache survives.
    func afterKill() -> DiskState {
        var after = self
        after.processes = [:]
        after.handles = [:]
        after.locks = [:]
        after.calls = []
        return after
    }

    private mutating func settleData(_ choice: CrashPolicy.Choice) {
        var item = 0
        var chance = Chance(choice)
        for number in nodes.keys.sorted() {
            guard var node = nodes[number], node.kind == .file else { continue }
            let sectors = Set(node.unsynced.map(\.sector)).sorted()
            let firstSector = item
            item += sectors.count
            var size = node.durable.count
            if node.hasUnsyncedSize {
                if chance.keeps(item) { size = node.live.count }
                item += 1
            }
            let old = node.durable
            node.durable.resize(to: size)
            for (index, sector) in sectors.enumerated() {
                let versions = node.unsynced.filter { $0.sector == sector }.map(\.bytes)
                let before = DiskNode.sector(sector, of: old)
                if let content = chance.version(firstSector + index, before: before, versions: versions) {
                    DiskNode.put(content, into: &node.durable, sector: sector)
                }
            }
            node.live = node.durable
            node.unsynced = []
            nodes[number] = node
        }
    }

    private mutating func settleNames(_ choice: CrashPolicy.Choice) {
        var chance = Chance(choice)
        for (item, change) in nameChanges.enumerated() where chance.keeps(item) {
            for edit in change.edits { nodes[edit.directory]?.durableNames[edit.name] = edit.node }
        }
        nameChanges = []
        nodes = nodes.mapValues { node in
            var node = node
            node.names = node.durableNames
            return node
        }
    }

    private mutating func removeUnreachable() {
        var reachable: Set<Int> = []
        var waiting = [Self.root]
        while let number = waiting.popLast() {
            guard reachable.insert(number).inserted, let node = nodes[number] else { continue }
            waiting.append(contentsOf: node.durableNames.values)
        }
        nodes = nodes.filter { reachable.contains($0.key) }
    }
}

/// The decisions of one ``CrashPolicy/Choice``, in order.
private struct Chance {
    private let choice: CrashPolicy.Choice
    private var generator: SplitMix64

    init(_ choice: CrashPolicy.Choice) {
        self.choice = choice
        if case .seeded(let seed) = choice {
            generator = SplitMix64(seed: seed)
        } else {
            generator = SplitMix64(seed: 0)
        }
    }

    mutating func keeps(_ item: Int) -> Bool {
        switch choice {
        case .keepAll: true
        case .dropAll: false
        case .only(let kept): item == kept
        case .allBut(let lost): item != lost
        case .seeded: generator.chance(1, in: 2)
        }
    }

    /// What a sector holds afterwards, or nil when it keeps what the disk had.
    mutating func version(_ item: Int, before: [UInt8], versions: [[UInt8]]) -> [UInt8]? {
        guard case .seeded = choice else { return keeps(item) ? versions.last : nil }
        switch generator.below(8) {
        case 0..<3: return versions.last
        case 3..<6: return nil
        case 6: return versions[generator.below(versions.count)]
        default:
            let newer = generator.below(versions.count)
            let older = newer == 0 ? before : versions[newer - 1]
            let cut = generator.below(DiskNode.sectorBytes)
            return Array(versions[newer].prefix(cut) + older.dropFirst(cut))
        }
    }
}
