package import LogFormat
package import Logging
import NIOCore
import ServiceLifecycle
import StoreIO

/// Dials one site for ever: when a connection ends, or can not be made, it waits and tries again.
///
/// The wait doubles up to a minute and is spread by chance; only a connection that got past HELLO resets it
/// (``DialOutcome/wasReached``), and a peer that asks for more time gets it. ``DialAlarm`` ends a wait early, without
/// resetting anything. The addresses are tried in turn.
package struct PeerDialler: Sendable {
    private let site: SiteID
    private let addresses: [PeerAddress]
    private let transport: PeerTransport
    private let range: ClosedRange<UInt64>
    private let alarm: DialAlarm
    private let logger: Logger

    /// - Parameters:
    ///   - site: The only site that may answer.
    ///   - addresses: In order of preference, at least one.
    ///   - transport: Makes the connections.
    ///   - waitMilliseconds: The shortest and the longest wait.
    ///   - alarm: Ends a wait early.
    ///   - logger: Where failures are told, one line each ten seconds at most.
    package init(
        site: SiteID,
        addresses: [PeerAddress],
        transport: PeerTransport,
        waitMilliseconds: ClosedRange<UInt64> = 500...60_000,
        alarm: DialAlarm,
        logger: Logger
    ) {
        precondition(!addresses.isEmpty, "a dialler has an address")
        self.site = site
        self.addresses = addresses
        self.transport = transport
        range = waitMilliseconds
        self.alarm = alarm
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
        while true {
            try Task.checkCancellation()
            let address = addresses[attempt % addresses.count]
            attempt += 1
            let report = DialReport()
            var rings = alarm.rings(for: site)
            do {
                let channel = try await transport.dial(
                    host: address.host,
                    port: address.port,
                    expecting: site,
                    report: report
                )
                try await Self.closed(channel)
                // A call during a connection asked for nothing that it did not do already.
                if report.outcome.isIntroduced { rings = alarm.rings(for: site) }
            } catch let error as CancellationError {
                throw error
            } catch {
                if let heldBack = gate.pass(at: transport.clock.steadyNanoseconds()) {
                    logger.info(
                        "a site can not be reached",
                        metadata: [
                            "site": "\(site)", "address": "\(address)", "why": "\(type(of: error))",
                            "held-back": "\(heldBack)",
                        ]
                    )
                }
            }
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
