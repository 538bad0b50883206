import LogFormat
package import LogStore
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
package import StoreIO
package import SyncProtocol
import Synchronization

/// Carries the log of one store to the other sites of its registry and theirs to it, for as long as it runs.
///
/// Holds no state that matters: what a site has is in its log, and every connection begins by asking. Killed at any
/// moment, it goes on where the log stands.
package final class SyncDaemon: Sendable {
    let log: LogStore
    let surroundings: Surroundings
    private let configuration: DaemonConfiguration
    let keys: any PersonKeyExchange
    let follower: @Sendable () throws -> UInt64
    let logger: Logger
    let program: String

    let sessions: LogStoreSessions
    let care: ReplicaCare
    /// Where entries come in that this store lost.
    let desk = RepairDesk()
    let roster: RosterState
    let peers: PeerTable
    let book = PeerBook()
    /// Store calls of sessions: one thread, so that they keep their order.
    private let storePool = NIOThreadPool(numberOfThreads: 1)
    /// The read model and the keys, which may take long.
    let viewPool = NIOThreadPool(numberOfThreads: 1)
    let watchPool = NIOThreadPool(numberOfThreads: 1)
    private let carePool = NIOThreadPool(numberOfThreads: 1)
    let isFollowing = Mutex(false)
    let viewProgress = Mutex(ViewProgress())
    /// What was last counted for the metrics, and when on the steady clock.
    let lastFigures = Mutex<(figures: StoreFigures, nanoseconds: UInt64)?>(nil)
    /// Where the feeds of lane 0 stood when the roster was last folded.
    let rosterHeads = Mutex<[Frontier.Row]>([])
    /// What peers can make the daemon say again and again, by site or address.
    let lineGates = Mutex(LogGates())
    let alarm = DialAlarm()
    /// What was heard at this moment of the steady clock or later is not in the notes yet.
    let notesMoment = Mutex<UInt64>(0)
    /// Told when the roster changed, so that new sites are dialled.
    private let rosterChanges: AsyncStream<Void>
    let rosterChanged: AsyncStream<Void>.Continuation
    private let stop: AsyncStream<Void>
    let stopAsked: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - log: The open store; it belongs to a registry.
    ///   - surroundings: The machine.
    ///   - configuration: Where to listen, whom to dial, how fast.
    ///   - keys: Seals and takes keys of persons.
    ///   - follower: Brings the read model up to the log and says how many entries it lacks all the same; called on a
    ///     thread that may block, never twice at once.
    ///   - program: Name and version.
    ///   - logger: Gets no clinical content.
    /// - Throws: `StorageError` with `.invalidArgument` while the site belongs to no registry; `SyncError`.
    package init(
        log: LogStore,
        surroundings: Surroundings,
        configuration: DaemonConfiguration,
        keys: any PersonKeyExchange,
        follower: @escaping @Sendable () throws -> UInt64,
        program: String,
        logger: Logger
    ) throws {
        guard let membership = try log.membership() else {
            throw StorageError(
                .invalidArgument,
                "This site belongs to no registry yet, so there is nobody to speak to: found one with"
                    + " `abscope init --found NAME`, or join one with `abscope site join INVITATION`.",
                at: .init(path: log.root)
            )
        }
        self.log = log
        self.surroundings = surroundings
        self.configuration = configuration
        self.keys = keys
        self.follower = follower
        self.program = program
        self.logger = logger
        roster = try RosterState(log, membership)
        peers = PeerTable(localSite: log.site)
        let notice = DiscardNotice(roster: roster, peers: peers, logger: logger)
        care = ReplicaCare(log, roster: roster, peers: peers, book: book, pool: storePool, logger: logger)
        sessions = LogStoreSessions(log, clock: surroundings.clock) { [care] error in
            logger.error("the store failed", metadata: ["code": "\(error.code)", "why": "\(error.message)"])
            care.suspect(error)
        } discarded: {
            notice.give($0)
        }
        (rosterChanges, rosterChanged) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        (stop, stopAsked) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var now: UInt64 { surroundings.clock.steadyNanoseconds() }

    func alias(_ site: SiteID) -> String { roster.current[site]?.alias ?? site.description }

    /// How every other site stands; what the control socket and the metrics show.
    package func peerReports() -> [ControlReply.Peer] {
        let now = now
        var sites = Set(book.all.map(\.site))
        for member in roster.current.members where member.site != log.site && !member.isRevoked {
            sites.insert(member.site)
        }
        return sites.sorted().map { site in
            let known = book.entry(site)
            let entry = known ?? PeerBook.Entry(saidNanoseconds: now)
            return ControlReply.Peer(
                site: site,
                epoch: entry.epoch,
                status: entry.status,
                ageSeconds: known.map { $0.isConnected ? 0 : (now &- $0.saidNanoseconds) / 1_000_000_000 },
                inSyncAgeSeconds: entry.isConnected && entry.status.word == .inSync
                    ? 0 : entry.inSyncNanoseconds.map { (now &- $0) / 1_000_000_000 },
                closed: entry.isConnected ? nil : entry.closed,
                isConnected: entry.isConnected,
                openIncidents: UInt32(clamping: entry.incidents.count)
            )
        }
    }
}

// MARK: - Running

extension SyncDaemon: Service {
    /// Runs until the service group shuts down, or `abscope` asks it to stop.
    ///
    /// However it ends, sockets are closed, peers hear good-bye, and the store and its lock are given back.
    ///
    /// - Throws: `StorageError`, ``ListenFailure``, `IOError`: what kept it from starting or going on.
    package func run() async throws {
        let lock = try DaemonLock(store: log.root, in: surroundings.fileSystem)
        for pool in [storePool, viewPool, watchPool, carePool] { pool.start() }
        var failure: (any Error)?
        do { try await serve() } catch { failure = error }
        await endSessions()
        try await viewPool.runIfActive { self.writeNotes() }
        for pool in [carePool, watchPool, viewPool, storePool] { try await pool.shutdownGracefully() }
        try log.close()
        try lock.release()
        if let failure { throw failure }
        logger.notice("stopped")
    }

    /// Opens the sockets, works until it is told to stop or something fails, and closes them.
    private func serve() async throws {
        let transport = try makeTransport()
        // Before anybody can be heard.
        loadNotes()
        var listeners: [any Channel] = []
        var door: (any Channel)?
        var failure: (any Error)?
        do {
            for address in configuration.listen {
                let channel = try await transport.listen(on: address)
                listeners.append(channel)
                let bound = PeerAddress(host: address.host, port: channel.localAddress?.port ?? address.port)
                logger.notice("listening", metadata: ["address": "\(bound)"])
            }
            let watcher = try ChangeWatcher(log.paths.heads)
            door = try await control.open()
            logger.notice(
                "started",
                metadata: ["site": "\(log.alias)", "epoch": "\(log.epoch)", "registry": "\(roster.current.name)"]
            )
            follow()
            try await work(watcher, over: transport)
        } catch {
            failure = error
        }
        if let door { try await control.close(door) }
        for listener in listeners { try await listener.close() }
        if let failure { throw failure }
    }

    private func work(_ watcher: ChangeWatcher, over transport: PeerTransport) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.watch(watcher) }
            group.addTask { try await self.keepNotes() }
            group.addTask { try await self.verifyCopies() }
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
                care.end()
                group.cancelAll()
                guard error is CancellationError else { throw error }
            }
        }
    }

    private func verifyCopies() async throws {
        while true {
            try await carePool.runIfActive { [care] in care.verify() }
            try await Task.sleep(for: .seconds(ReplicaCare.roundSeconds))
        }
    }

    /// Takes note of damage that somebody else met in the store.
    package func met(_ error: StorageError) { care.suspect(error) }

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

    /// Says good-bye to every peer and waits a little for it to leave.
    private func endSessions() async {
        peers.sendToAll(.finish(.shuttingDown, retryAfterSeconds: nil))
        let deadline = now + 3_000_000_000
        while !peers.isEmpty, now < deadline {
            do { try await Task.sleep(for: .milliseconds(20)) } catch { return }
        }
    }

    private func makeTransport() throws -> PeerTransport {
        let rate = configuration.rateBytesPerSecond.map { UInt64($0) }
        return PeerTransport(
            tls: try SiteTLS(signingKey: log.requireIdentity().signingKey),
            store: sessions,
            pool: storePool,
            clock: surroundings.clock,
            isWelcome: { [roster] key in roster.current.standing(of: key) != .revoked },
            bytesPerSecond: { _ in rate },
            makeMachine: { [self] key in
                SessionRunner(
                    SyncConfiguration(
                        registry: roster.current.registry,
                        localSite: log.site,
                        localEpoch: log.epoch,
                        peerKey: key,
                        roster: roster.current,
                        program: program,
                        memory: book.entry(key.siteID)?.memory
                    )
                )
            },
            onEvent: { [weak self] event in self?.take(event) }
        )
    }

    // MARK: - Dialling

    /// Keeps one dialler for every site that has an address, and begins new ones as the roster grows. A dialler whose site
    /// moved is woken; one whose site has no address any more, or was revoked, sleeps.
    private func dialAll(over transport: PeerTransport) async {
        await withTaskGroup(of: Void.self) { group in
            var dialled: [SiteID: [PeerAddress]] = [:]
            func dialNew() {
                for site in roster.current.members.map(\.site) where site != log.site {
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
                        transport: transport,
                        alarm: alarm,
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
    private func addresses(of site: SiteID) -> [PeerAddress] {
        let roster = roster.current
        guard let member = roster[site], !member.isRevoked else { return [] }
        let configured = site == roster.administrator ? configuration.peers : []
        return configured + self.roster.addresses(of: site).filter { !configured.contains($0) }
    }
}
