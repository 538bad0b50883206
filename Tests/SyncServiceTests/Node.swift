import LogFormat
import LogStore
import Logging
import StoreIO
import SyncEngine
import SyncProtocol
import SyncService
import Synchronization
import TestSupport
import Testing

/// Waits until something is true, looking every few milliseconds.
func until(_ seconds: Int = patienceSeconds, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw DeadlinePassed() }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// A store on the real disk, and the daemons that run for it one after the other.
final class Node: Sendable {
    let folder: TemporaryDirectory
    let surroundings: Surroundings
    /// As another process of the machine has it open.
    let log: LogStore

    init(_ alias: String, storeName: String = "store") throws {
        folder = try TemporaryDirectory()
        var machine = try Machine.current()
        machine.stateDirectory = folder.path + "/state"
        surroundings = Surroundings(
            fileSystem: LinuxFileSystem(),
            clock: SystemClock(),
            random: SystemRandom(),
            machine: machine
        )
        log = try LogStore.create(at: folder.path + "/" + storeName, alias: alias, in: surroundings)
    }

    var records: FeedID { FeedID(site: log.site, epoch: log.epoch, lane: .records) }

    /// A daemon that has not begun.
    func daemon(
        _ configuration: DaemonConfiguration = DaemonConfiguration(),
        keys: any PersonKeyExchange = NoPersonKeys(),
        admission: Admission = Admission(),
        _ lines: LogLines = LogLines()
    ) throws -> SyncDaemon {
        try SyncDaemon(
            log: try LogStore.open(at: log.root, in: surroundings),
            surroundings: surroundings,
            configuration: configuration,
            keys: keys,
            follower: { 0 },
            // Its entries are no records, so they have no moment of their own.
            recorded: { [surroundings] in $0.isEmpty ? nil : surroundings.clock.millisecondsSinceEpoch() - 70_000 },
            admission: admission,
            month: { $0 / 30 },
            program: "test",
            logger: Logger(label: "test") { _ in lines }
        )
    }

    /// Starts a daemon and waits until it can be asked.
    func start(
        listens: Bool = false,
        dials: PeerAddress? = nil,
        rate: Int? = nil,
        link: LinkRules = LinkRules(),
        keys: any PersonKeyExchange = NoPersonKeys(),
        admission: Admission = Admission()
    ) async throws -> RunningDaemon {
        var configuration = DaemonConfiguration()
        if listens { configuration.listen = [try #require(PeerAddress("127.0.0.1:0", allowsAnyPort: true))] }
        configuration.peers = dials.map { [$0] } ?? []
        configuration.rateBytesPerSecond = rate
        configuration.link = link
        let lines = LogLines()
        let daemon = try daemon(configuration, keys: keys, admission: admission, lines)
        let running = RunningDaemon(daemon: daemon, root: log.root, lines: lines)
        try await until { lines.has("started") }
        return running
    }
}

/// A daemon at work in this process.
final class RunningDaemon: Sendable {
    let daemon: SyncDaemon
    let lines: LogLines
    private let root: String
    private let task: Task<Void, any Error>

    init(daemon: SyncDaemon, root: String, lines: LogLines) {
        self.daemon = daemon
        self.root = root
        self.lines = lines
        task = Task { try await daemon.run() }
    }

    deinit { task.cancel() }

    /// Where it listens.
    var address: PeerAddress {
        get throws { try #require(lines.value("address", of: "listening").flatMap { PeerAddress($0) }) }
    }

    /// How it sees another site.
    func peer(_ node: Node) throws -> ControlReply.Peer {
        try #require(daemon.peerReports().first { $0.site == node.log.site })
    }

    /// Dials at once, as `abscope sync now` asks.
    func syncNow() async throws { _ = try await ask(.syncNow(peer: nil)) }

    /// Asks it to answer when all is in sync.
    func isInSync(withinSeconds seconds: UInt32 = 120) async throws -> Bool {
        try await ask(.waitUntilInSync(peer: nil, timeoutSeconds: seconds)).outcome == .done
    }

    /// Asks it as `abscope` does.
    func ask(_ verb: ControlRequest.Verb) async throws -> ControlReply {
        let answer = try await controlExchange(path: root + "/control.sock", sending: ControlRequest(verb).encoded)
        return try #require(try ControlReply.decode(answer))
    }

    /// Ends it as `abscope` does.
    func stop() async throws {
        _ = try await controlExchange(path: root + "/control.sock", sending: ControlRequest(.stop).encoded)
        let task = task
        try await within { try await task.value }
    }
}

/// The first of two or more sites founds a registry and admits who it is told to.
struct TestRegistry {
    let hub: Node
    private let founding: [UInt8]
    private let draft = RosterDraft(recordedMilliseconds: 1, zoneOffsetMinutes: 0, program: "test")

    init() throws {
        hub = try Node("HUB")
        founding = try draft.founding(
            name: "Test",
            administrator: try hub.log.publicKeys(),
            recoveryKey: [UInt8](repeating: 3, count: 32),
            nonce: [UInt8](repeating: 4, count: 16)
        )
        _ = try hub.log.append([founding], to: .roster)
        try join(hub)
    }

    /// Lets a site take itself for a member.
    func join(_ node: Node) throws {
        try node.log.join(
            RegistryMembership(foundingEntry: founding, dialSite: node === hub ? nil : hub.log.site)
        )
    }

    /// Makes a site a member, or changes where it is dialled.
    func admit(_ node: Node, addresses: [PeerAddress] = []) throws {
        let entry = try draft.admission(
            try node.log.publicKeys(),
            alias: node.log.alias,
            role: "clinic",
            addresses: addresses.map(\.description),
            in: try roster()
        )
        _ = try hub.log.append([entry], to: .roster)
    }

    func revoke(_ node: Node) throws {
        let entry = try draft.revocation(of: node.log.site, cutOffs: [], reason: "lost", in: try roster())
        _ = try hub.log.append([entry], to: .roster)
    }

    /// A new site that is a member.
    func member(_ alias: String) throws -> Node {
        let node = try Node(alias)
        try admit(node)
        try join(node)
        return node
    }

    private func roster() throws -> Roster {
        try Roster(
            founding: founding,
            entries: try hub.log.rosterEntries().map {
                RosterEntry(feed: $0.reference.feed, position: $0.reference.position, bytes: $0.bytes)
            }
        )
    }
}

/// What a daemon said.
struct LogLines: LogHandler {
    struct Line: Sendable {
        var message: String
        var metadata: [String: String]
    }

    private final class Box: Sendable { let lines = Mutex<[Line]>([]) }
    private let box = Box()
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.debug

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let metadata = (event.metadata ?? [:]).mapValues { "\($0)" }
        box.lines.withLock { $0.append(Line(message: "\(event.message)", metadata: metadata)) }
    }

    var all: [Line] { box.lines.withLock { $0 } }

    func has(_ message: String) -> Bool { all.contains { $0.message == message } }

    func value(_ key: String, of message: String) -> String? {
        all.last { $0.message == message }?.metadata[key]
    }
}
