package import Logging
import NIOPosix
import ServiceLifecycle
package import StoreIO

/// Leaves metrics in a file, for the textfile collector of a machine that nobody can ask over the network: every
/// ``intervalSeconds``, and whenever ``write()`` is called: once more when the daemon has ended, so that what stands in it
/// after that is how the daemon left it.
package struct MetricsTextfile: Sendable {
    /// Seconds between two writes.
    package static let intervalSeconds = 30

    private let path: String
    private let fileSystem: any FileSystem
    private let logger: Logger
    private let samples: @Sendable () async -> [MetricSample]

    /// - Parameters:
    ///   - path: Absolute; its folder exists. Replaced as a whole, so that nobody reads half of it.
    ///   - fileSystem: Where it lies.
    ///   - logger: Told when it can not be written; tried again all the same.
    ///   - samples: The numbers now.
    package init(
        path: String,
        in fileSystem: any FileSystem,
        logger: Logger,
        samples: @escaping @Sendable () async -> [MetricSample]
    ) {
        self.path = path
        self.fileSystem = fileSystem
        self.logger = logger
        self.samples = samples
    }

    /// Writes them once, on a thread that may block.
    package func write() async {
        let text = PrometheusText.rendered(await samples())
        await withCheckedContinuation { continuation in
            NIOThreadPool.singleton.submit {
                leave(text)
                continuation.resume()
            }
        }
    }

    private func leave(_ text: String) {
        do throws(StorageError) {
            // Who collects is another account, and nothing of persons is in it.
            try fileSystem.replaceFile(path, with: Array(text.utf8), isForAll: true)
        } catch {
            logger.error("the metrics can not be written", metadata: ["file": "\(path)", "why": "\(error.message)"])
        }
    }
}

extension MetricsTextfile: Service {
    /// Writes until the service group shuts down.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await write()
                do { try await Task.sleep(for: .seconds(Self.intervalSeconds)) } catch { return }
            }
        }
    }
}
