import LogFormat
import LogStore
import SyncEngine
import SyncProtocol

extension Judge {
    /// Why a history is not at its end yet; nil when every site holds what it should and says so.
    package func lacking() -> String? {
        let sites = judged
        guard let administrator = sites.first, let roster = administrator.daemon?.site.roster.current else {
            return "the administrator is not up"
        }
        for machine in sites {
            guard let daemon = machine.daemon else { return "\(machine.name) is not up" }
            if daemon.site.roster.current.members != roster.members { return "\(machine.name) has another roster" }
        }
        noteForks(among: sites)
        let frontiers = sites.map { machine in
            machine.summaries().mapValues(\.attested).filter { $0.value.position > 0 && !forkable.contains($0.key) }
        }
        for (index, machine) in sites.enumerated().dropFirst() {
            for feed in Set(frontiers[0].keys).union(frontiers[index].keys).sorted() {
                guard roster.reads(machine.site, feed), roster.reads(administrator.site, feed) else { continue }
                let (here, there) = (frontiers[index][feed], frontiers[0][feed])
                switch roster.bound(of: feed) {
                case .nothing: continue
                case .open: if here == there { continue }
                case .until(let cutOff):
                    if min(here?.position ?? 0, cutOff.position) == min(there?.position ?? 0, cutOff.position) {
                        continue
                    }
                }
                return
                    "\(feed): \(here?.position ?? 0) at \(machine.name), \(there?.position ?? 0) at \(administrator.name)"
            }
        }
        if !forkable.isEmpty, let lacking = unreadable(at: sites, roster) { return lacking }
        for machine in sites {
            for end in machine.daemon?.ends ?? [] where sites.contains(where: { $0 === end.peer }) {
                guard let entry = machine.daemon?.site.book.entry(end.peer.site), entry.isConnected else { continue }
                let isWell = forkable.isEmpty ? entry.status.word == .inSync : entry.status.word.isSettled
                if !isWell { return "\(machine.name) and \(end.peer.name): \(entry.status.word.rawValue)" }
            }
        }
        return nil
    }

    /// Which entry of a forked feed can not be read at a site that reads it, though another site has it; nil when there is none.
    private func unreadable(at sites: [Machine], _ roster: Roster) -> String? {
        do {
            for feed in forkable.sorted() where roster.bound(of: feed) == .open {
                var wanted = Set((displaced[feed] ?? []).map { Content($0.position, $0.entry) })
                for (position, entry) in acknowledged[feed] ?? [:] { wanted.insert(Content(position, entry)) }
                var held: Set<Content> = []
                for machine in sites { held.formUnion(try contents(of: feed, at: machine, besides: false)) }
                // What only a liar holds it may keep to itself.
                wanted.formIntersection(held)
                // Who does not read all does not get what others carry.
                for machine in sites where roster[machine.site]?.reads.isEmpty == true {
                    let here = try contents(of: feed, at: machine, besides: true)
                    if let missing = wanted.subtracting(here).map(\.position).min() {
                        return "\(feed) \(missing) of one history can not be read at \(machine.name)"
                    }
                }
            }
            return nil
        } catch {
            return "a forked feed can not be read: \(error)"
        }
    }

    /// An entry at its position.
    struct Content: Hashable {
        var position: UInt64
        var entry: [UInt8]

        init(_ position: UInt64, _ entry: [UInt8]) { (self.position, self.entry) = (position, entry) }
    }

    /// What can be read of a feed at a machine.
    func contents(of feed: FeedID, at machine: Machine, besides readsBranches: Bool) throws -> Set<Content> {
        guard let log = machine.desk else { return [] }
        var entries: [StoredEntry] = []
        while true {
            let part = try log.entries(of: feed, after: entries.last?.reference.position ?? 0, limitBytes: 1 << 20)
            if part.isEmpty { break }
            entries += part
        }
        if readsBranches {
            for branch in try log.knownBranches() where branch.statement.feed == feed {
                if case .entries(let more) = try log.branch(branch.statement, carriedBy: branch.carrier) {
                    entries += more
                }
            }
        }
        return Set(entries.map { Content($0.reference.position, $0.bytes) })
    }

    /// Machines of sites in good standing that speak our version.
    private var judged: [Machine] {
        let roster = world.machines.first?.daemon?.site.roster.current
        return world.machines.filter { machine in
            machine.disguise != .foreign && !machine.isHostile && roster?[machine.site]?.isRevoked == false
        }
    }

    /// Judges what is there at the end: every entry that was acknowledged is at every site that reads it, as it was.
    ///
    /// - Throws: `StorageError` when a log can not be read.
    package func conclude() throws {
        guard let roster = world.machines.first?.daemon?.site.roster.current else { return }
        let sites = judged
        for feed in acknowledged.keys.sorted() {
            // What a site of another version holds, nobody can take; and who lies may keep what it has to itself.
            let isKept = world.machines.contains {
                $0.site == feed.site && ($0.disguise == .foreign || $0.isHostile)
            }
            guard let entries = acknowledged[feed], !entries.isEmpty, !isKept else { continue }
            var last = entries.keys.max() ?? 0
            switch roster.bound(of: feed) {
            case .nothing: continue
            case .open: break
            case .until(let cutOff): last = min(last, cutOff.position)
            }
            for machine in sites where roster.reads(machine.site, feed) {
                try compare(feed, entries, through: last, at: machine)
            }
        }
        for (index, one) in sites.enumerated() {
            for other in sites[..<index] { try compare(one, other) }
            stopped(one, by: roster)
        }
        // A liar's forgery may be what an honest site tells of.
        guard !world.machines.contains(where: \.isHostile) else { return }
        for feed in contradictions.subtracting(forkable).subtracting(mayFork).subtracting(setBack).sorted() {
            world.fail("no fork is told that is none", at: "the end", "\(feed)")
        }
    }

    private func compare(_ feed: FeedID, _ entries: [UInt64: [UInt8]], through last: UInt64, at machine: Machine) throws
    {
        if forkable.contains(feed) { return }
        guard let log = machine.desk else { return world.fail("every site is up", at: machine.name, "it is off") }
        let end = machine.summary(feed)?.attested.position ?? 0
        guard end >= last else {
            return world.fail(
                "no acknowledged entry is lost",
                at: machine.name,
                "\(feed) ends at \(end), \(last) was acknowledged"
            )
        }
        var position: UInt64 = 0
        while position < last {
            let part = try log.entries(of: feed, after: position, limitBytes: 1 << 20)
            guard let end = part.last else { break }
            for entry in part {
                guard let known = entries[entry.reference.position] else { continue }
                if known != entry.bytes {
                    world.fail(
                        "no acknowledged entry is altered",
                        at: machine.name,
                        "\(feed) \(entry.reference.position)"
                    )
                }
            }
            position = end.reference.position
        }
        if position < last {
            world.fail("no acknowledged entry is lost", at: machine.name, "\(feed) can be read up to \(position)")
        }
    }

    /// What two sites show at one position is the same, or somebody told that it is not.
    private func compare(_ one: Machine, _ other: Machine) throws {
        guard let first = one.desk, let second = other.desk else { return }
        let (here, there) = (one.summaries(), other.summaries())
        for feed in here.keys.sorted() {
            guard let mine = here[feed]?.attested, let theirs = there[feed]?.attested else { continue }
            let position = min(mine.position, theirs.position)
            guard position > 0,
                try first.head(of: feed, at: position) != second.head(of: feed, at: position)
            else { continue }
            if !forkable.contains(feed) {
                world.fail("one content a position", at: one.name, "\(feed) \(position) is another at \(other.name)")
            }
            if !incidents.contains(feed) {
                world.fail("a fork is told", at: one.name, "\(feed) \(position) is another at \(other.name)")
            }
        }
    }
}
