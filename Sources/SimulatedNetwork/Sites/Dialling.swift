import LogFormat
import SyncEngine
import SyncProtocol

/// Dials those a machine dials, as `PeerDialler` does: again and again, waiting longer each time it was not worth it.
final class Dialling: @unchecked Sendable {
    private final class Target {
        let machine: Machine
        var backoff = Backoff()
        /// Counts the waits, so that one that was ended early is not ended again.
        var wait = 0
        var isWaiting = true
        var end: LinkEnd?

        init(_ machine: Machine) { self.machine = machine }
    }

    private unowned let world: World
    private unowned let daemon: DaemonRun
    private let targets: [Target]

    /// How long a connection may take to come about.
    private static let patienceNanoseconds: UInt64 = 10_000_000_000

    init(_ world: World, of daemon: DaemonRun) {
        self.world = world
        self.daemon = daemon
        targets = daemon.machine.dials.map { Target($0) }
    }

    /// Those that wait wait no longer.
    func ring() { for target in targets where target.isWaiting { dial(target) } }

    /// Who waits for one site waits no longer.
    func ring(_ site: SiteID) {
        for target in targets where target.isWaiting && target.machine.site == site { dial(target) }
    }

    /// Dials somebody once more, whoever is connected already.
    func dialAgain(_ machine: Machine) {
        guard let target = targets.first(where: { $0.machine === machine }) else { return }
        connect(target, keeping: false)
    }

    private func dial(_ target: Target) {
        target.isWaiting = false
        target.wait += 1
        let site = target.machine.site
        // Where a site that was revoked is dialled nobody knows. One that is connected rings when it is not any more.
        if daemon.site.roster.current[site]?.isRevoked == true || daemon.site.peers.status(of: site) != nil {
            target.isWaiting = true
            return
        }
        connect(target, keeping: true)
    }

    private func connect(_ target: Target, keeping keeps: Bool) {
        let (here, there) = (daemon.machine, target.machine)
        let latency = world.quality(between: here, there).latencyNanoseconds
        let report = DialReport()
        guard world.isConnected(here, there) else {
            return world.at(world.now + Self.patienceNanoseconds, in: daemon.life) {
                if keeps { self.rest(target, after: report.outcome) }
            }
        }
        // Three ways for TCP and TLS, after which each end has proven its key to the other.
        world.at(world.now + 3 * latency, in: daemon.life) { [world, daemon] in
            guard let listener = there.daemon, listener.life.isAlive, world.isConnected(here, there),
                daemon.site.isWelcome(there.key), listener.site.isWelcome(here.key)
            else {
                if keeps { self.rest(target, after: report.outcome) }
                return
            }
            let link = world.connect(daemon, to: listener, report)
            for end in link.ends { end.daemon.ends.append(end) }
            if keeps {
                target.end = link.ends[0]
                link.ends[0].isKept = true
            }
            link.ends[0].begin()
            world.at(world.now + latency, in: listener.life) { link.ends[1].begin() }
        }
    }

    /// A link is over for this end.
    func ended(_ end: LinkEnd) {
        guard let target = targets.first(where: { $0.end === end }), let report = end.report else { return }
        target.end = nil
        rest(target, after: report.outcome)
    }

    private func rest(_ target: Target, after outcome: DialOutcome) {
        let chance = Double(world.between(0...1_000)) / 1_000
        let milliseconds = target.backoff.wait(after: outcome, chance: chance)
        target.isWaiting = true
        target.wait += 1
        let wait = target.wait
        world.at(world.now + milliseconds * 1_000_000, in: daemon.life) { [weak self] in
            guard let self, target.wait == wait, target.isWaiting else { return }
            dial(target)
        }
    }
}
