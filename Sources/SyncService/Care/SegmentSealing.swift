package import LogStore
package import Logging
import NIOPosix
import ServiceLifecycle
package import StoreIO
import Synchronization

/// Compresses the closed segments of a store every so often, beside everything else.
package final class SegmentSealing: Sendable {
    private let log: LogStore
    private let afterMinutes: Int
    private let firstAfterSeconds: Int
    private let clock: any WallClock
    private let logger: Logger
    private let damaged: @Sendable (StorageError) -> Void
    /// When a round was last finished, on the steady clock.
    private let finished = Mutex<UInt64?>(nil)

    /// - Parameters:
    ///   - log: The open store.
    ///   - afterMinutes: Minutes between two rounds.
    ///   - firstAfterSeconds: Seconds before the first: soon, for a machine that is switched off every evening would never
    ///     come to one, and late enough to let the first sessions have the disk.
    ///   - clock: Tells how long ago a round was.
    ///   - logger: Where a round that failed is told.
    ///   - damaged: Told of damage that a round met; called on the sealing thread.
    package init(
        _ log: LogStore,
        afterMinutes: Int,
        firstAfterSeconds: Int = 60,
        clock: any WallClock,
        logger: Logger,
        damaged: @escaping @Sendable (StorageError) -> Void = { _ in }
    ) {
        self.log = log
        self.afterMinutes = afterMinutes
        self.firstAfterSeconds = firstAfterSeconds
        self.clock = clock
        self.logger = logger
        self.damaged = damaged
    }

    /// How long ago a round was finished without an error; nil before the first.
    package var ageSeconds: UInt64? {
        let now = clock.steadyNanoseconds()
        return finished.withLock { $0 }.map { (now - min($0, now)) / 1_000_000_000 }
    }
}

extension SegmentSealing: Service {
    /// Works until the service group shuts down; a round that has begun is finished, for a segment is sealed whole or not.
    package func run() async throws {
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.startBehindOthers()
        await cancelWhenGracefulShutdown {
            var seconds = self.firstAfterSeconds
            while true {
                do { try await Task.sleep(for: .seconds(seconds)) } catch { return }
                await self.round(on: pool)
                seconds = self.afterMinutes * 60
            }
        }
        try await pool.shutdownGracefully()
    }

    /// One round. A round of another process counts as none.
    func round(on pool: NIOThreadPool) async {
        do {
            guard let result = try await pool.runIfActive({ [log] in try log.seal(writesAhead: true) }) else { return }
            let now = clock.steadyNanoseconds()
            finished.withLock { $0 = now }
            guard result.segments > 0 else { return }
            logger.info("sealed", metadata: ["segments": "\(result.segments)", "bytes": "\(result.sealedBytes)"])
        } catch let error as StorageError {
            logger.error("sealing failed", metadata: ["code": "\(error.code)", "why": "\(error.message)"])
            damaged(error)
        } catch {
            logger.error("sealing failed", metadata: ["why": "\(type(of: error))"])
        }
    }
}
