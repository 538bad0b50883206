import ArgumentParser
import CaseStore
import Glibc
import LogFormat
import LogStore
import Logging
import ServiceLifecycle
import StoreIO
import SyncProtocol
import SyncService
import UnixSignals

/// The daemon: carries the log of one store to the other sites of its registry, and theirs to it.
@main
struct Abscoped: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "abscoped",
        abstract: "Carries records between sites, whenever there is a link.",
        discussion: """
            Every site that shares records runs one, beside its store. A clinic behind a router only dials; a hub listens.

              abscoped --store /var/lib/abscope --listen 0.0.0.0:7117
              abscoped --store /var/lib/abscope --rate 32000

            Ends in order on SIGTERM and SIGINT. Killed at any moment it loses nothing.
            """,
        version: "abscoped \(Self.version)"
    )
    static let version = "0.1.0"

    @Option(name: .long, help: "The store's folder; also ABSCOPE_STORE.")
    var store: String?
    @Option(name: .long, help: ArgumentHelp("An address to listen on; may be repeated.", valueName: "host:port"))
    var listen: [String] = []
    @Option(name: .long, help: ArgumentHelp("An address of the hub to dial; may be repeated.", valueName: "host:port"))
    var peer: [String] = []
    @Option(name: .long, help: "Most bytes a second sent on one connection.")
    var rate: Int?
    @Option(name: .long, help: "trace, debug, info, notice, warning or error.")
    var logLevel: String = "notice"

    func run() async throws {
        var logger = Logger(label: "abscoped", factory: { StreamLogHandler.standardError(label: $0) })
        guard let level = Logger.Level(rawValue: logLevel) else {
            throw ValidationError("'\(logLevel)' is no log level: use trace, debug, info, notice, warning or error.")
        }
        logger.logLevel = level
        var configuration = DaemonConfiguration()
        configuration.listen = try listen.map { try Self.address($0, allowsAnyPort: true) }
        configuration.peers = try peer.map { try Self.address($0, allowsAnyPort: false) }
        configuration.rateBytesPerSecond = rate

        let surroundings = try Surroundings.current()
        var options = StoreOptions()
        options.observer = { [logger] event in logger.notice("store", metadata: ["event": "\(event)"]) }
        let log = try LogStore.open(at: try storePath(), in: surroundings, options: options)
        let records = try Records(log, in: surroundings)
        let daemon = try SyncDaemon(
            log: log,
            surroundings: surroundings,
            configuration: configuration,
            keys: records,
            follower: { try records.follow() },
            program: "abscoped \(Self.version)",
            logger: logger
        )
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(
                        service: daemon,
                        successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .cancelGroup
                    )
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        try await group.run()
    }

    private func storePath() throws -> String {
        let given = unsafe store ?? getenv("ABSCOPE_STORE").map { unsafe String(cString: $0) }
        guard let given, !given.isEmpty else {
            throw ValidationError("Name the store's folder with --store or ABSCOPE_STORE.")
        }
        guard given.hasPrefix("/") else {
            guard let current = unsafe getcwd(nil, 0) else { throw ValidationError("The current folder is gone.") }
            defer { unsafe free(current) }
            return unsafe String(cString: current) + "/" + given
        }
        return given
    }

    private static func address(_ text: String, allowsAnyPort: Bool) throws -> PeerAddress {
        guard let address = PeerAddress(text, allowsAnyPort: allowsAnyPort) else {
            throw ValidationError("'\(text)' is no address: write host:port, for example hub.example.org:7117.")
        }
        return address
    }
}
