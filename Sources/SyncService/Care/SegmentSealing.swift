package import LogStore
package import Logging
import NIOPosix
import ServiceLifecycle
import StoreIO

/// Compresses the closed segments of a store every so often, beside everything else.
package struct SegmentSealing: Sendable {
    private let log: LogStore
    private let afterMinutes: Int
    private let logger: Logger

    /// - Parameters:
    ///   - log: The open store.
    ///   - afterMinutes: Minutes between two rounds; the first begins after as many.
    ///   - logger: Where a round that failed is told.
    package init(_ log: LogStore, afterMinutes: Int, logger: Logger) {
        self.log = log
        self.afterMinutes = afterMinutes
        self.logger = logger
    }
}

extension SegmentSealing: Service {
    /// Works until the service group shuts down; a round that has begun is finished, for a segment is sealed whole or not.
    package func run() async throws {
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        await cancelWhenGracefulShutdown {
            while true {
                do { try await Task.sleep(for: .seconds(afterMinutes * 60)) } catch { return }
                await round(on: pool)
            }
        }
        try await pool.shutdownGracefully()
    }

    private func round(on pool: NIOThreadPool) async {
        do {
            guard let result = try await pool.runIfActive({ try log.seal() }), result.segments > 0 else { return }
            logger.info("sealed", metadata: ["segments": "\(result.segments)", "bytes": "\(result.sealedBytes)"])
        } catch let error as StorageError {
            logger.error("sealing failed", metadata: ["code": "\(error.code)", "why": "\(error.message)"])
        } catch {
            logger.error("sealing failed", metadata: ["why": "\(type(of: error))"])
        }
    }
}
