import ArgumentParser
import CaseModel
import CaseStore
import Foundation
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
    @Option(
        name: .long,
        help: ArgumentHelp("Where the administrator's site is dialled; may be repeated.", valueName: "host:port")
    )
    var peer: [String] = []
    @Option(name: .long, help: "Most bytes a second sent on one connection, as 4k or 32000.")
    var rate: String?
    @Option(name: .long, help: ArgumentHelp("Show metrics there, on loopback only.", valueName: "host:port"))
    var metrics: String?
    @Option(name: .long, help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?
    @Option(name: .long, help: "text or json.")
    var logFormat: String?
    @Option(name: .long, help: ArgumentHelp("A YAML file with settings; also ABSCOPED_CONFIG.", valueName: "file"))
    var config: String?
    @Flag(name: .long, help: "Check the settings and end; the store is not touched.")
    var check = false

    /// Parses, runs, and ends with a status of ``DaemonFailure/Status``.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            guard exitCode(for: error) != .success else { exit(withError: error) }
            let isParsers = !(error is DaemonFailure) && exitCode(for: error) == .validationFailure
            let failure = isParsers ? DaemonFailure(.usage, message(for: error)) : DaemonFailure(describing: error)
            LineLogHandler.write(Array("abscoped: \(LineLogHandler.printable("\(failure)"))\n".utf8))
            Glibc.exit(failure.status.rawValue)
        }
    }

    func run() async throws {
        ProcessHeap.suitConnections()
        let environment = ProcessInfo.processInfo.environment
        let loader = try await ConfigurationLoader(
            ConfigurationLoader.CommandLine(
                store: store,
                listen: listen,
                peers: peer,
                rate: try rate.map(Self.rate),
                metrics: metrics,
                logLevel: logLevel,
                logFormat: logFormat
            ),
            environment: environment,
            file: config ?? environment["ABSCOPED_CONFIG"]
        )
        let (configuration, store) = try loader.load()
        if check { return print("The settings are in order.") }
        let logger = Logger(label: "abscoped") { _ in
            var handler = LineLogHandler(configuration.logFormat)
            handler.logLevel = configuration.logLevel
            return handler
        }

        let surroundings = try Surroundings.current()
        var options = StoreOptions()
        options.observer = { [logger] event in logger.notice("store", metadata: ["event": "\(event)"]) }
        let log = try LogStore.open(at: try Self.absolute(store), in: surroundings, options: options)
        let records = try Records(log, in: surroundings)
        let daemon = try SyncDaemon(
            log: log,
            surroundings: surroundings,
            configuration: configuration,
            keys: records,
            follower: { try records.follow() },
            recorded: { try log.recorded(ofOldest: $0) },
            month: { CivilDay.monthNumber(ofDay: $0) },
            program: "abscoped \(Self.version)",
            logger: logger
        )
        // Shut down from the last to the first: the daemon, which closes the store, ends after the others.
        var services: [any Service] = [daemon]
        let sealing = SegmentSealing(
            log,
            afterMinutes: configuration.sealAfterMinutes,
            clock: surroundings.clock,
            logger: logger
        ) { [daemon] in daemon.met($0) }
        let samples: @Sendable () async -> [MetricSample] = {
            let peers = await daemon.peerReportsUpToDate()
            return DaemonMetrics.samples(of: peers, version: Self.version) { daemon.alias(of: $0) }
                + DaemonMetrics.samples(of: daemon.linkReport(), isOpen: daemon.isLinkOpen)
                + DaemonMetrics.samples(ofSessions: daemon.sessionFigures)
                + DaemonMetrics.samples(of: await daemon.storeFigures(), sealing: sealing.ageSeconds)
        }
        if let address = configuration.metrics { services.append(MetricsEndpoint(address: address, samples: samples)) }
        let textfile = configuration.metricsFile.map {
            MetricsTextfile(path: $0, in: surroundings.fileSystem, logger: logger, samples: samples)
        }
        if let textfile { services.append(textfile) }
        services.append(sealing)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map {
                    .init(
                        service: $0,
                        successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .cancelGroup
                    )
                },
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        var failure: (any Error)?
        do { try await group.run() } catch { failure = error }
        // When the daemon has ended, so that nothing is shown as connected that is not.
        await textfile?.write()
        if let failure { throw failure }
    }

    private static func rate(_ typed: String) throws -> Int {
        guard let rate = ByteCount.bytes(typed: typed).flatMap({ Int(exactly: $0) }) else {
            throw DaemonFailure(.usage, "'\(typed)' is no rate: write bytes a second, such as 4k or 32000.")
        }
        return rate
    }

    private static func absolute(_ store: String?) throws -> String {
        guard let store, !store.isEmpty else {
            throw DaemonFailure(.usage, "No store is named: use --store FOLDER, ABSCOPE_STORE, or 'store' in the file.")
        }
        guard !store.hasPrefix("/") else { return store }
        return FileManager.default.currentDirectoryPath + "/" + store
    }
}
