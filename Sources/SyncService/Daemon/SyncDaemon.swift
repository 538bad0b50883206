package import LogFormat
package import LogStore
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
package import StoreIO
package import SyncEngine
package import SyncProtocol
import Synchronization

/// Carries the log of one store to the other sites of its registry and theirs to it, for as long as it runs.
///
/// Holds no state that matters: what a site has is in its log, and every connection begins by asking. Killed at any
/// moment, it goes on where the log stands.
package final class SyncDaemon: Sendable {
    /// All of it that needs no socket, thread or service.
    package let site: SyncSite
    let surroundings: Surroundings
    private let configuration: DaemonConfiguration
    let logger: Logger
    let program: String

    /// From before anything else of the daemon exists to its end.
    let lock: DaemonLock
    /// Store calls of sessions: one thread, so that they keep their order.
    let storePool = NIOThreadPool(numberOfThreads: 1)
    /// The read model and the keys, which may take long.
    let viewPool = NIOThreadPool(numberOfThreads: 1)
    let watchPool = NIOThreadPool(numberOfThreads: 1)
    let carePool = NIOThreadPool(numberOfThreads: 1)
    /// Waits for what another site is asked for.
    let repairPool = NIOThreadPool(numberOfThreads: 1)
    /// What was last counted for the metrics, and when on the steady clock.
    let lastFigures = Mutex<(figures: StoreFigures, nanoseconds: UInt64)?>(nil)
    /// What is told once the daemon has ended; nil before.
    let lastWords = Mutex<LastWord?>(nil)
    let alarm = DialAlarm()
    /// As in ``init(log:surroundings:configuration:keys:follower:recorded:admission:month:program:logger:)``.
    let recorded: @Sendable (_ ofOldest: [(feed: FeedID, position: UInt64)]) throws -> Int64?
    private let dialFailures = DialFailures()
    /// Rings when this site's own link may have closed or opened.
    let linkAlarm: DialAlarm
    /// Told when the roster changed, so that new sites are dialled.
    private let rosterChanges: AsyncStream<Void>
    private let stop: AsyncStream<Void>
    let stopAsked: AsyncStream<Void>.Continuation

    /// Nobody else works on the store from now on until ``run()`` has ended, or this is let go without it.
    ///
    /// - Parameters:
    ///   - log: The open store; it belongs to a registry.
    ///   - surroundings: The machine.
    ///   - configuration: Where to listen, whom to dial, how fast.
    ///   - keys: Seals and takes keys of persons.
    ///   - follower: Brings the read model up to the log and says how many entries it lacks all the same; called on a
    ///     thread that may block, never twice at once.
    ///   - recorded: When the oldest of some entries was recorded, in milliseconds since 1970; nil where that can not be read.
    ///   - admission: How many sessions there may be.
    ///   - month: The month of a local day, counted as in ``LinkMoment``.
    ///   - program: Name and version.
    ///   - logger: Gets no clinical content.
    /// - Throws: `StorageError`, with `.locked` while another daemon works on the store and `.invalidArgument` while the site
    ///   belongs to no registry; `SyncError`.
    package init(
        log: LogStore,
        surroundings: Surroundings,
        configuration: DaemonConfiguration,
        keys: any PersonKeyExchange,
        follower: @escaping @Sendable () throws -> UInt64,
        recorded: @escaping @Sendable (_ ofOldest: [(feed: FeedID, position: UInt64)]) throws -> Int64?,
        admission: Admission = Admission(),
        month: @escaping @Sendable (_ day: Int64) -> Int64,
        program: String,
        logger: Logger
    ) throws {
        lock = try DaemonLock(store: log.root, in: surroundings.fileSystem)
        self.surroundings = surroundings
        self.configuration = configuration
        self.recorded = recorded
        self.program = program
        self.logger = logger
        let (rosterChanges, rosterChanged) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.rosterChanges = rosterChanges
        let linkAlarm = DialAlarm()
        self.linkAlarm = linkAlarm
        (stop, stopAsked) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        site = try SyncSite(
            log: log,
            surroundings: surroundings,
            keys: keys,
            follower: follower,
            link: LinkGovernor(configuration.link, clock: surroundings.clock, month: month) { linkAlarm.ring() },
            admission: admission,
            program: program,
            logger: logger,
            storeQueue: storePool,
            viewQueue: viewPool,
            rosterChanged: { rosterChanged.yield() }
        )
    }

    var log: LogStore { site.log }
    var now: UInt64 { surroundings.clock.steadyNanoseconds() }

    /// How every other site stands; what the control socket and the metrics show.
    package func peerReports() -> [ControlReply.Peer] { site.peerReports().map(saidWhy) }

    /// The same for people and their alarms, with what is left now of sites that are not connected. A site that was revoked
    /// is left out once its connection has ended: it is to stay away.
    ///
    /// - Complexity: As ``SyncSite/peerReportsUpToDate()``, on a thread that may block; without that when the task was cancelled.
    ///   Once the daemon has ended, as it was then.
    package func peerReportsUpToDate() async -> [ControlReply.Peer] {
        if let last = lastWords.withLock({ $0 }) { return last.peers }
        var reports: [ControlReply.Peer]
        do {
            reports = try await NIOThreadPool.singleton.runIfActive { [site] in site.peerReportsUpToDate() }
        } catch {
            reports = site.peerReports()
        }
        let roster = site.roster.current
        reports.removeAll { !$0.isConnected && roster[$0.site]?.isRevoked == true }
        return reports.map(saidWhy)
    }

    /// With why a site that is not connected can not be reached: alone where one of the two would never go on with the
    /// other, and else with why one of them did not when they last spoke, if a person should see that.
    private func saidWhy(_ peer: ControlReply.Peer) -> ControlReply.Peer {
        guard !peer.isConnected, peer.closedReason?.isFinal != true else { return peer }
        var told = peer
        if let sentence = dialFailures.sentence(of: peer.site) {
            let reason = peer.closedReason.flatMap { $0.needsAttention ? $0 : nil }
            told.closed = reason.map { "\($0); \(sentence)" } ?? sentence
        } else if peer.closed == nil, site.roster.current[peer.site]?.isRevoked == false {
            if addresses(of: peer.site).isEmpty { told.closed = "no address of it is known here" }
        }
        return told
    }

    /// What people call a site.
    package func alias(of site: SiteID) -> String { self.site.alias(site) }

    /// Sessions that are up, those of them that are beginning, and those that were turned away since the start.
    package var sessionFigures: (up: Int, beginning: Int, turnedAway: UInt64) {
        let figures = site.admission.figures
        return (figures.sessions, figures.beginning, figures.turnedAway)
    }

    /// Whether anything may go over the site's own link now.
    package var isLinkOpen: Bool { site.link.isOpen }

    /// How the site's own link stands.
    package func linkReport() -> LinkReport { site.link.report }
}

// MARK: - Running

extension SyncDaemon: Service {
    /// Runs until the service group shuts down, or `abscope` asks it to stop.
    ///
    /// However it ends, also cancelled, sockets are closed, peers hear good-bye, and the store and its lock are given back.
    /// To be called once.
    ///
    /// - Throws: `StorageError`, ``ListenFailure``, `IOError`: what kept it from starting or going on, or else what its end
    ///   met first.
    package func run() async throws {
        for pool in [storePool, watchPool, repairPool] { pool.start() }
        for pool in [viewPool, carePool] { pool.startBehindOthers() }
        var errors = FirstError()
        await errors.of { try await self.serve() }
        if let error = await Task(operation: { await self.end() }).value { errors.keep(error) }
        if let error = errors.error { throw error }
        logger.notice("stopped")
    }

    /// Opens the sockets, works until it is told to stop or something fails, and closes them.
    private func serve() async throws {
        let transport = try makeTransport()
        // Before anybody can be heard.
        site.loadNotes()
        site.announceEpoch()
        let listeners = PeerListeners(transport, logger: logger)
        var door: (any Channel)?
        var errors = FirstError()
        do {
            for address in configuration.listen { try await listeners.begin(on: address) }
            let watcher = try ChangeWatcher(log.paths.heads)
            door = try await control.open()
            logger.notice(
                "started",
                metadata: ["site": "\(log.alias)", "epoch": "\(log.epoch)", "registry": "\(site.roster.current.name)"]
            )
            site.follow()
            try await work(watcher, over: transport, listeners)
        } catch {
            errors.keep(error)
        }
        if let door { await errors.of { try await self.control.close(door) } }
        await errors.of { try await listeners.close() }
        if let error = errors.error { throw error }
    }

    private func work(
        _ watcher: ChangeWatcher,
        over transport: PeerTransport,
        _ listeners: PeerListeners
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.watch(watcher) }
            group.addTask { try await self.keepNotes() }
            group.addTask { try await self.verifyCopies() }
            group.addTask { try await self.keepLink(listeners) }
            group.addTask { await self.dialAll(over: transport) }
            group.addTask {
                try await self.untilStopped()
                // The end of this task ends the others.
                throw CancellationError()
            }
            do {
                for try await _ in group {}
            } catch {
                // Whatever it was: the thread that waits for changes hears of no cancellation.
                watcher.close()
                site.care.end()
                group.cancelAll()
                guard error is CancellationError else { throw error }
            }
        }
    }

    /// Tells the site when any process of this machine changed the log.
    private func watch(_ watcher: ChangeWatcher) async throws {
        try await watchPool.runIfActive { [site] in
            while true {
                switch try watcher.wait() {
                case .closed: return
                case .changed, .timedOut: try site.logChanged()
                case .replaced:
                    throw StorageError(
                        .moved,
                        "The store was changed under the daemon, perhaps by putting a copy back: start the daemon again.",
                        at: StorageError.Location(path: watcher.path)
                    )
                }
            }
        }
    }

    /// Writes down what is known of other sites for as long as the daemon runs.
    private func keepNotes() async throws {
        while true {
            try await viewPool.runIfActive { self.site.keepNotes() }
            endUnusedFetch()
            try await Task.sleep(for: .seconds(SyncSite.arrivalSeconds))
        }
    }

    private func verifyCopies() async throws {
        while true {
            try await carePool.runIfActive { [site] in site.care.verify() }
            try await Task.sleep(for: .seconds(ReplicaCare.roundSeconds))
        }
    }

    /// Takes note of damage that somebody else met in the store.
    package func met(_ error: StorageError) { site.care.suspect(error) }

    private func untilStopped() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await gracefulShutdownOrCancellation() } catch {
                    self.logger.debug("shutdown was interrupted")
                }
            }
            group.addTask { for await _ in self.stop { return } }
            await group.next()
            group.cancelAll()
        }
    }

    private func makeTransport() throws -> PeerTransport {
        let rate = configuration.rateBytesPerSecond.map { UInt64($0) }
        return PeerTransport(
            tls: try SiteTLS(signingKey: log.requireIdentity().signingKey),
            store: site.sessions,
            pool: storePool,
            clock: surroundings.clock,
            isWelcome: { [site] key in site.isWelcome(key) },
            isMember: { [site] key in site.roster.current.standing(of: key) == .member },
            bytesPerSecond: { _ in rate },
            admit: { [site] connection in site.admit(connection) },
            makeMachine: { [site] key in site.makeSession(with: key) },
            onEvent: { [weak self] event in self?.take(event) },
            link: site.link
        )
    }

    private func take(_ event: PeerEvent) {
        site.take(event)
        // Nobody is dialled who is connected already; now it has to be done here.
        if case .closed(let connection, _, _) = event, !connection.isDialled { alarm.left(connection.peerKey.siteID) }
    }

    // MARK: - Dialling

    /// Keeps one dialler for every site that has an address, and begins new ones as the roster grows. A dialler whose site
    /// moved is woken; one whose site has no address any more, or was revoked, sleeps.
    private func dialAll(over transport: PeerTransport) async {
        await withTaskGroup(of: Void.self) { group in
            var dialled: [SiteID: [PeerAddress]] = [:]
            func dialNew() {
                for site in site.roster.current.members.map(\.site) where site != log.site {
                    let addresses = addresses(of: site)
                    guard dialled[site] ?? [] != addresses else { continue }
                    let isNew = dialled.updateValue(addresses, forKey: site) == nil
                    guard isNew else {
                        alarm.ring(site)
                        continue
                    }
                    let dialler = PeerDialler(
                        site: site,
                        addresses: { self.addresses(of: site) },
                        isConnected: { self.site.peers.isConnected(site, writing: $0) },
                        transport: transport,
                        alarm: alarm,
                        failures: dialFailures,
                        logger: logger
                    )
                    group.addTask {
                        do { try await dialler.run() } catch { self.logger.debug("a dialler ended") }
                    }
                }
            }
            dialNew()
            for await _ in rosterChanges { dialNew() }
            group.cancelAll()
        }
    }

    /// Where another site is dialled now; nowhere when it is revoked. Addresses of the configuration are the
    /// administrator's, whom every site knows.
    func addresses(of site: SiteID) -> [PeerAddress] {
        let roster = self.site.roster.current
        guard let member = roster[site], !member.isRevoked else { return [] }
        let configured = site == roster.administrator ? configuration.peers : []
        var seen = Set(configured)
        let listed = self.site.roster.addresses(of: site).compactMap { PeerAddress($0) }
        return configured + listed.filter { seen.insert($0).inserted }
    }
}
