package import LogFormat
package import Logging
import NIOCore
import ServiceLifecycle
import StoreIO
import SyncEngine

/// Dials one site for ever: when a connection ends, or can not be made, it waits and tries again.
///
/// The wait doubles up to a minute and is spread by chance; only a connection that was worth it resets it
/// (``DialOutcome/wasReached``), and a peer that asks for more time gets it; one that has no place is dialled when it
/// said. ``DialAlarm`` ends a wait early, without resetting anything. The addresses are tried in turn; they are asked
/// for before every attempt, so that one that the site has left is not dialled again, and other ones begin without a
/// wait. Without any, or while the site is connected because it dialled itself, it waits for the alarm. Who dialled may
/// be a copy of the site's disk: the one that answers at the addresses is told from it by its epoch, and asked for once
/// an hour while it is not known.
package struct PeerDialler: Sendable {
    private let site: SiteID
    private let addresses: @Sendable () -> [PeerAddress]
    private let isConnected: @Sendable (EpochID?) -> Bool
    private let transport: PeerTransport
    private let range: ClosedRange<UInt64>
    /// How often a site that is not to be dialled is looked at although nobody rang.
    private static let idleMilliseconds: UInt64 = 3_600_000
    private let alarm: DialAlarm
    private let failures: DialFailures
    private let logger: Logger

    /// - Parameters:
    ///   - site: The only site that may answer.
    ///   - addresses: Where the site is now, in order of preference; must not block. Ring the alarm when it changed.
    ///   - isConnected: Whether a session with it is up, with the copy of it that writes an epoch where one is given; must
    ///     not block. Tell the alarm when it has left.
    ///   - transport: Makes the connections.
    ///   - waitMilliseconds: The shortest and the longest wait.
    ///   - alarm: Ends a wait early.
    ///   - failures: Where it is kept for people why the site can not be reached.
    ///   - logger: Where failures are told, one line each ten seconds at most.
    package init(
        site: SiteID,
        addresses: @escaping @Sendable () -> [PeerAddress],
        isConnected: @escaping @Sendable (EpochID?) -> Bool = { _ in false },
        transport: PeerTransport,
        waitMilliseconds: ClosedRange<UInt64> = 500...60_000,
        alarm: DialAlarm,
        failures: DialFailures = DialFailures(),
        logger: Logger
    ) {
        self.site = site
        self.addresses = addresses
        self.isConnected = isConnected
        self.transport = transport
        range = waitMilliseconds
        self.alarm = alarm
        self.failures = failures
        self.logger = logger
    }
}

extension PeerDialler: Service {
    /// Dials until the service group shuts down; the last connection is left to its session.
    package func run() async throws {
        try await cancelWhenGracefulShutdown {
            do {
                try await dialForEver()
            } catch is CancellationError {
                // The way this ends.
            }
        }
    }

    private func dialForEver() async throws {
        var backoff = Backoff(range: range)
        var gate = LogGate()
        var attempt = 0
        var known: [PeerAddress] = []
        // Of who answered there last.
        var answered: EpochID?
        var isOverdue = false
        // The first failure after a success, or after the start, is for whoever reads only what matters.
        var isNews = true
        while true {
            try Task.checkCancellation()
            var rings = alarm.rings(for: site)
            let departures = alarm.departures(of: site)
            let addresses = addresses()
            if addresses != known {
                failures.forget(site)
                known = addresses
                attempt = 0
                backoff.succeeded()
            }
            // The alarm rings when the link opens.
            guard !addresses.isEmpty, isOverdue || !isConnected(answered), transport.link.isOpen else {
                try await alarm.wait(
                    for: site,
                    milliseconds: Self.idleMilliseconds,
                    since: rings,
                    orDeparture: departures
                )
                guard alarm.rings(for: site) == rings else { continue }
                isOverdue = answered == nil && alarm.departures(of: site) == departures
                if !isOverdue {
                    // It may come back by itself, and what drove it away may drive it away again.
                    let wait = backoff.failed(chance: Double.random(in: 0...1))
                    try await alarm.wait(for: site, milliseconds: wait, since: rings)
                }
                continue
            }
            isOverdue = false
            let address = addresses[attempt % addresses.count]
            let report = DialReport()
            do {
                let channel = try await transport.dial(
                    host: address.host,
                    port: address.port,
                    expecting: site,
                    report: report
                )
                try await Self.closed(channel)
                if let refusal = report.outcome.refusal {
                    failures.failed(site, at: address, DialFailure.sentence(refusal))
                } else {
                    failures.forget(site)
                }
                // A call during a connection asked for nothing that it did not do already.
                if report.outcome.isIntroduced { rings = alarm.rings(for: site) }
            } catch let error as CancellationError {
                throw error
            } catch {
                failures.failed(site, at: address, DialFailure.sentence(error))
                if let heldBack = gate.pass(at: transport.clock.steadyNanoseconds()) {
                    logger.log(
                        level: isNews ? .notice : .info,
                        "a site can not be reached",
                        metadata: [
                            "site": "\(site)", "address": "\(address)", "why": "\(DialFailure.sentence(error))",
                            "held-back": "\(heldBack)",
                        ]
                    )
                    isNews = false
                }
            }
            if report.outcome.isIntroduced { isNews = true }
            answered = report.outcome.epoch ?? answered
            // Where it was reached it is looked for first.
            if !report.outcome.wasReached, report.outcome.placeAfterSeconds == nil { attempt += 1 }
            let wait = backoff.wait(after: report.outcome, chance: Double.random(in: 0...1))
            try await alarm.wait(for: site, milliseconds: wait, since: rings)
        }
    }

    /// Waits for a connection to end; ends early when cancelled, and then leaves the connection alone.
    private static func closed(_ channel: any Channel) async throws {
        let (ended, continuation) = AsyncStream<Void>.makeStream()
        channel.closeFuture.whenComplete { _ in continuation.finish() }
        for await _ in ended {}
        try Task.checkCancellation()
    }
}
