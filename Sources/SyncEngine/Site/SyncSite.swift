package import LogFormat
package import LogStore
package import Logging
package import StoreIO
import SyncProtocol
import Synchronization

/// What one site does to be in sync with the others, without sockets, threads and a clock of its own: a daemon drives it
/// with those of the machine, a simulation with its own.
///
/// Holds no state that matters: what a site has is in its log, and every connection begins by asking.
package final class SyncSite: Sendable {
    package let log: LogStore
    package let logger: Logger
    package let roster: RosterState
    /// The sessions that are up.
    package let peers: PeerTable
    package let book = PeerBook()
    /// Answers the sessions' questions.
    package let sessions: LogStoreSessions
    package let care: ReplicaCare
    let branches: BranchKeeper
    let recoveries: RecoveryKeeper
    /// Where entries come in that this store lost.
    package let desk = RepairDesk()
    /// This site's own link.
    package let link: LinkGovernor
    /// How many sessions there may be.
    package let admission: Admission
    /// How far this site's urgent feeds were held when it was last looked, by epoch.
    let urgentEnds: Mutex<[EpochID: UInt64]>
    let surroundings: Surroundings
    let keys: any PersonKeyExchange
    /// What stands for the keys that came from each site.
    let keyMarks: Mutex<[SiteID: [UInt8]]>
    let follower: @Sendable () throws -> UInt64
    /// The read model and the keys, which may take long.
    let viewQueue: any WorkQueue
    /// Called when the roster changed, so that new sites are dialled.
    let rosterChanged: @Sendable () -> Void
    let isFollowing = Mutex(false)
    let viewProgress = Mutex(ViewProgress())
    /// The epoch that sessions say is written here.
    let toldEpoch: Mutex<EpochID>
    /// What peers can make a site say again and again, by site or address.
    let lineGates = Mutex(LogGates())
    /// What was heard at this moment or later is not in the notes yet.
    let notesMoment = Mutex<UInt64>(0)
    /// What went over the link, as it is in the notes.
    let notedUsage = Mutex(LinkUsage())
    /// Whether something of this site arrived elsewhere that is not in the notes yet.
    let haveArrivals = Mutex(false)
    /// Sites of whose feeds more has arrived somewhere than they were told.
    let reportsOwed = Mutex<Set<SiteID>>([])
    /// All sites as they were last told of, those heard last first, and when that was put together.
    let recentReports = Mutex<(peers: [ControlReply.Peer], nanoseconds: UInt64)?>(nil)
    /// Before this moment the notes are not written again but at the end: writing may take no more than a small part of the
    /// time, however many sites there are.
    let notesRest = Mutex<UInt64>(0)
    /// When the notes were last gone through on the steady clock.
    let notesRound = Mutex<UInt64>(0)
    /// What other sites said last, and which of it is not in the file yet.
    let siteNotes = Mutex(KnownNotes())
    /// Whether notes are about to be written.
    let isWritingNotes = Mutex(false)
    /// Whether it is about to be looked which contradictions are settled.
    let isForgettingIncidents = Mutex(false)
    private let program: String

    /// - Parameters:
    ///   - log: The open store; it belongs to a registry.
    ///   - surroundings: The machine.
    ///   - keys: Seals and takes keys of persons.
    ///   - follower: Brings the read model up to the log and says how many entries it lacks all the same; called on
    ///     `viewQueue`, never twice at once.
    ///   - link: Of this site.
    ///   - admission: How many sessions there may be.
    ///   - program: Name and version.
    ///   - logger: Gets no clinical content.
    ///   - storeQueue: That of the sessions' store calls: what they were told before, they hear before.
    ///   - viewQueue: For the read model and the keys.
    ///   - rosterChanged: Called when the roster was folded again; must not block.
    /// - Throws: `StorageError` with `.invalidArgument` while the site belongs to no registry; `SyncError`.
    package init(
        log: LogStore,
        surroundings: Surroundings,
        keys: any PersonKeyExchange,
        follower: @escaping @Sendable () throws -> UInt64,
        link: LinkGovernor,
        admission: Admission = Admission(),
        program: String,
        logger: Logger,
        storeQueue: any WorkQueue,
        viewQueue: any WorkQueue,
        rosterChanged: @escaping @Sendable () -> Void
    ) throws {
        guard let membership = try log.membership() else {
            throw StorageError(
                .invalidArgument,
                "This site belongs to no registry yet, so there is nobody to speak to: ask for admission with"
                    + " `abscope site request`, and join with `abscope site join INVITATION`.",
                at: .init(path: log.root)
            )
        }
        self.log = log
        self.surroundings = surroundings
        self.keys = keys
        keyMarks = Mutex(Self.marks(of: keys, logger))
        self.follower = follower
        self.link = link
        self.admission = admission
        self.program = program
        self.logger = logger
        self.viewQueue = viewQueue
        self.rosterChanged = rosterChanged
        toldEpoch = Mutex(log.epoch)
        roster = try RosterState(log, membership)
        branches = BranchKeeper(log, roster: roster, clock: surroundings.clock, logger: logger)
        recoveries = RecoveryKeeper(log, roster: roster, clock: surroundings.clock, logger: logger)
        peers = PeerTable(localSite: log.site, clock: surroundings.clock)
        let notice = DiscardNotice(roster: roster, peers: peers, logger: logger)
        care = ReplicaCare(log, roster: roster, peers: peers, book: book, queue: storeQueue, logger: logger)
        sessions = LogStoreSessions(log, clock: surroundings.clock) { [care] error in
            logger.error("the store failed", metadata: ["code": "\(error.code)", "why": "\(error.message)"])
            care.suspect(error)
        } discarded: {
            notice.give($0)
        }
        urgentEnds = Mutex(Self.urgentEnds(of: log.site, in: try sessions.current()))
    }

    /// Without them every site sends all its keys once more.
    private static func marks(of keys: any PersonKeyExchange, _ logger: Logger) -> [SiteID: [UInt8]] {
        do {
            return try keys.marks()
        } catch {
            logger.error("the keys of persons can not be read", metadata: ["why": "\(error)"])
            return [:]
        }
    }

    /// For how long something takes.
    var now: UInt64 { surroundings.clock.steadyNanoseconds() }
    /// For how long ago something was: a machine that slept for days knows others as they were before. What ``book`` keeps, and
    /// what has been written of it, is by this one.
    var moment: UInt64 { surroundings.clock.elapsedNanoseconds() }

    /// What people call a site.
    package func alias(_ site: SiteID) -> String { roster.current[site]?.alias ?? site.description }

    /// For what this site says in lane 0 by itself.
    var draft: RosterDraft {
        RosterDraft(
            recordedMilliseconds: surroundings.clock.millisecondsSinceEpoch(),
            zoneOffsetMinutes: Int32(clamping: surroundings.clock.zoneOffsetMinutes()),
            program: program
        )
    }

    /// Says in lane 0, once, that the site goes on in an epoch that is not its first. A failure does not keep anybody from
    /// syncing.
    package func announceEpoch() {
        viewQueue.submit { [self] in
            do {
                try log.announceEpoch(draft)
            } catch {
                logger.error("the new epoch can not be announced", metadata: ["why": "\(error)"])
            }
        }
    }

    /// Whether a key that a peer proved may open a session at all: a revoked one may not. Does not block.
    package func isWelcome(_ key: SitePublicKey) -> Bool { roster.current.standing(of: key) != .revoked }

    /// Whether a session may begin now: nil, or after how many seconds the peer may come back. Strangers are counted where
    /// they are accepted, so that they can not take the places of members. Does not block.
    package func admit(_ connection: PeerConnection) -> UInt32? {
        let (site, roster) = (connection.peerKey.siteID, roster.current)
        guard let member = roster[site] else { return nil }
        let chance = surroundings.random.bytes(2).reduce(0.0) { ($0 + Double($1)) / 256 }
        let refusal = admission.enter(
            ObjectIdentifier(connection),
            of: site,
            isPreferred: connection.isDialled || site == roster.administrator || member.role == "hub",
            at: now,
            chance: chance
        )
        if let yielding = refusal?.yielding {
            peers.connection(yielding.session)?
                .send(.finish(.busy, retryAfterSeconds: yielding.retryAfterSeconds))
        }
        return refusal?.retryAfterSeconds
    }

    /// The session for a key that a peer proved.
    package func makeSession(with key: SitePublicKey) -> any SessionMachine {
        let (roster, extent) = roster.currentWithExtent
        return SessionRunner(
            SyncConfiguration(
                registry: roster.registry,
                localSite: log.site,
                localEpoch: log.epoch,
                peerKey: key,
                roster: roster,
                rosterExtent: extent,
                program: program,
                memory: siteNotes.withLock { $0.notes[key.siteID]?.memory },
                keysMark: keyMarks.withLock { $0[key.siteID] ?? [] }
            )
        )
    }

    /// How many entries the read model lacks, and for how long it has lacked something.
    package func viewLag() -> (entries: UInt64, seconds: UInt64) {
        let now = now
        let view = viewProgress.withLock { $0 }
        return (view.missingEntries, view.behindNanoseconds(at: now) / 1_000_000_000)
    }
}
