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
        /// Until the site, which is connected, leaves.
        var isIdle = false
        /// Of who answered there last.
        var answered: EpochID?
        var end: LinkEnd?

        init(_ machine: Machine) { self.machine = machine }
    }

    private unowned let world: World
    private unowned let daemon: DaemonRun
    private let targets: [Target]

    /// How long a connection may take to come about.
    private static let patienceNanoseconds: UInt64 = 10_000_000_000
    /// How often somebody who has not answered yet is asked for although the site is connected.
    private static let idleMilliseconds: UInt64 = 3_600_000

    init(_ world: World, of daemon: DaemonRun) {
        self.world = world
        self.daemon = daemon
        targets = daemon.machine.dials.map { Target($0) }
    }

    /// Those that wait wait no longer.
    func ring() { for target in targets where target.isWaiting { dial(target) } }

    /// A site is no longer connected that was not dialled from here.
    func left(_ site: SiteID) {
        for target in targets where target.isWaiting && target.isIdle && target.machine.site == site {
            rest(target, milliseconds: target.backoff.failed(chance: chance), isIdle: false)
        }
    }

    /// Dials somebody once more, whoever is connected already.
    func dialAgain(_ machine: Machine) {
        guard let target = targets.first(where: { $0.machine === machine }) else { return }
        connect(target, keeping: false)
    }

    private func dial(_ target: Target, isOverdue: Bool = false) {
        target.isWaiting = false
        target.wait += 1
        let site = target.machine.site
        // Where a site that was revoked is dialled nobody knows. One that is connected rings when it is not any more.
        let isConnected = !isOverdue && daemon.site.peers.isConnected(site, writing: target.answered)
        if daemon.site.roster.current[site]?.isRevoked == true || isConnected {
            return rest(target, milliseconds: Self.idleMilliseconds, isIdle: true)
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

    private var chance: Double { Double(world.between(0...1_000)) / 1_000 }

    /// A link is over for this end.
    func ended(_ end: LinkEnd) {
        guard let target = targets.first(where: { $0.end === end }), let report = end.report else { return }
        target.end = nil
        rest(target, after: report.outcome)
    }

    private func rest(_ target: Target, after outcome: DialOutcome) {
        target.answered = outcome.epoch ?? target.answered
        rest(target, milliseconds: target.backoff.wait(after: outcome, chance: chance), isIdle: false)
    }

    private func rest(_ target: Target, milliseconds: UInt64, isIdle: Bool) {
        target.isWaiting = true
        target.isIdle = isIdle
        target.wait += 1
        let wait = target.wait
        world.at(world.now + milliseconds * 1_000_000, in: daemon.life) { [weak self] in
            guard let self, target.wait == wait, target.isWaiting else { return }
            dial(target, isOverdue: isIdle && target.answered == nil)
        }
    }
}
