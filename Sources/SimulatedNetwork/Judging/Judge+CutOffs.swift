import LogFormat
import LogStore
import SyncEngine
import SyncProtocol

// Of a revoked site nothing comes to where that was heard, but for what counts.
extension Judge {
    /// A daemon has another roster. What it had asked for before may still be stored, for a moment, or until its disk answers.
    func heardRoster(_ roster: Roster, at machine: Machine) {
        let heard = revoked(roster).filter { frozen[machine.number]?[$0] == nil }
        if !heard.isEmpty { freeze(heard, at: machine) }
    }

    private func freeze(_ heard: [SiteID], at machine: Machine) {
        let due = (machine.daemon?.storeThread.isFreeAt ?? world.now) + 5_000_000_000
        world.after(nanoseconds: due - world.now) { [weak self, weak machine] in
            // One whose disk was put back meanwhile has not heard of it.
            guard let self, let machine, let daemon = machine.daemon else { return }
            if daemon.isStalled { return freeze(heard, at: machine) }
            let (roster, held) = (daemon.site.roster.current, machine.summaries())
            for site in heard where frozen[machine.number]?[site] == nil && roster[site]?.isRevoked == true {
                let feeds = held.filter { $0.key.site == site }
                frozen[machine.number, default: [:]][site] = feeds.mapValues(\.attested.position)
            }
        }
    }

    /// The sites that a roster revokes.
    private func revoked(_ roster: Roster) -> [SiteID] {
        world.machines.map(\.site).filter { roster[$0]?.isRevoked == true }
    }

    /// Of a revoked site nothing is taken beyond what the roster lets count, or what was there before.
    func stopped(_ machine: Machine, by roster: Roster) {
        for (feed, summary) in machine.summaries().sorted(by: { $0.key < $1.key }) {
            guard let stood = frozen[machine.number]?[feed.site] else { continue }
            let before = stood[feed] ?? 0
            var last = before
            switch roster.bound(of: feed) {
            case .open: continue
            case .nothing: break
            case .until(let cutOff): last = max(last, cutOff.position)
            }
            let end = summary.attested.position
            guard end > last else { continue }
            world.fail("a cut-off holds", at: machine.name, "\(feed) came from \(before) to \(end), \(last) counts")
        }
    }
}
