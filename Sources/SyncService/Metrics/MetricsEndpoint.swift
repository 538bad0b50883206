package import NIOCore
import NIOPosix
import ServiceLifecycle

/// Shows metrics to programs of this machine: GET `/metrics` (Prometheus text 0.0.4) and GET `/healthz`, HTTP/1.1, one
/// request a connection.
///
/// A request is at most ``requestBytesMaximum`` long and done within the given time, or the connection is closed; at most
/// ``connectionsMaximum`` are open at once.
package struct MetricsEndpoint: Sendable {
    package static let requestBytesMaximum = 8 * 1024
    package static let connectionsMaximum = 16

    private let address: PeerAddress
    private let requestMilliseconds: Int64
    private let samples: @Sendable () async -> [MetricSample]
    private let open = ConnectionCount()

    /// - Parameters:
    ///   - address: On loopback; anything else is a mistake of the caller.
    ///   - requestMilliseconds: How long a connection may take from its first byte to its last.
    ///   - samples: The numbers now; must not block. What takes longer than the request may is not waited for.
    package init(
        address: PeerAddress,
        requestMilliseconds: Int64 = 5_000,
        samples: @escaping @Sendable () async -> [MetricSample]
    ) {
        precondition(address.isLoopback, "metrics are shown on loopback only")
        self.address = address
        self.requestMilliseconds = requestMilliseconds
        self.samples = samples
    }

    /// - Returns: The listening socket; closing it ends the answering of new requests.
    /// - Throws: ``ListenFailure``.
    package func listen() async throws -> any Channel {
        do {
            return try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.backlog, value: 16)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        guard open.enter(atMost: Self.connectionsMaximum) else { throw TooManyConnections() }
                        channel.closeFuture.whenComplete { _ in open.leave() }
                        try channel.pipeline.syncOperations.addHandler(
                            MetricsHandler(requestMilliseconds: requestMilliseconds, samples: samples)
                        )
                    }
                }
                .bind(host: address.host, port: address.port)
                .get()
        } catch {
            throw ListenFailure(address, error)
        }
    }
}

extension MetricsEndpoint: Service {
    /// Answers until the service group shuts down.
    package func run() async throws {
        let channel = try await listen()
        try await gracefulShutdownOrCancellation()
        try await channel.close()
    }
}
