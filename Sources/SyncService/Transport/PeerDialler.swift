package import LogFormat
package import Logging
import NIOCore
import ServiceLifecycle
import StoreIO

/// Dials one site for ever: when a connection ends, or can not be made, it waits and tries again.
///
/// The wait doubles up to a minute and is spread by chance; a connection that stood longer than
/// the longest wait resets it. The addresses are tried in turn.
package struct PeerDialler: Sendable {
    private let site: SiteID
    private let addresses: [PeerAddress]
    private let transport: PeerTransport
    private let range: ClosedRange<UInt64>
    private let logger: Logger

    /// - Parameters:
    ///   - site: The only site that may answer.
    ///   - addresses: In order of preference, at least one.
    ///   - transport: Makes the connections.
    ///   - waitMilliseconds: The shortest and the longest wait.
    ///   - logger: Where failures are told, one line each ten seconds at most.
    package init(
        site: SiteID,
        addresses: [PeerAddress],
        transport: PeerTransport,
        waitMilliseconds: ClosedRange<UInt64> = 500...60_000,
        logger: Logger
    ) {
        precondition(!addresses.isEmpty, "a dialler has an address")
        self.site = site
        self.addresses = addresses
        self.transport = transport
        range = waitMilliseconds
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
            do {
                let began = transport.clock.steadyNanoseconds()
                let channel = try await transport.dial(host: address.host, port: address.port, expecting: site)
                try await Self.closed(channel)
                if transport.clock.steadyNanoseconds() - began > range.upperBound * 1_000_000 { backoff.succeeded() }
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
            let wait = backoff.failed(chance: Double.random(in: 0...1))
            try await Task.sleep(for: .milliseconds(wait))
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
