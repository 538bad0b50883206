import LogStore
import NIOPosix
import SyncEngine
import SyncProtocol
import Synchronization

// How a daemon ends, whatever ended it.
extension SyncDaemon {
    /// What is told of the store and of the other sites once the store is closed.
    struct LastWord: Sendable {
        var figures: StoreFigures?
        var peers: [ControlReply.Peer]
    }

    /// Says good-bye, writes down what is known, and gives the store and its lock back: every step, whatever the others
    /// met. To be called in a task that nobody cancels, for in one that was every wait ends at once.
    ///
    /// - Returns: What the first step that failed met; nil when none did.
    func end() async -> (any Error)? {
        var errors = FirstError()
        await endSessions()
        endRepairs()
        await errors.of { try await self.viewPool.runIfActive { self.site.writeNotes() } }
        // While the store can be read.
        let left = await lastWord()
        lastWords.withLock { $0 = left }
        for pool in [carePool, watchPool, viewPool, storePool] {
            await errors.of { try await pool.shutdownGracefully() }
        }
        await errors.of { try self.log.close() }
        await errors.of { try self.lock.release() }
        return errors.error
    }

    /// Says good-bye to every peer and waits a little for it to leave.
    private func endSessions() async {
        site.peers.sendToAll(.finish(.shuttingDown, retryAfterSeconds: nil))
        let deadline = now + 3_000_000_000
        while !site.peers.isEmpty, now < deadline {
            do { try await Task.sleep(for: .milliseconds(20)) } catch { return }
        }
    }

    /// Lets go whoever waits for what another site holds. The thread is not waited for: one that began to wait at this very
    /// moment does so for a minute, and touches nothing.
    private func endRepairs() {
        site.desk.end()
        repairPool.shutdownGracefully { _ in }
    }

    private func lastWord() async -> LastWord {
        lastFigures.withLock { $0 = nil }
        var peers = await peerReportsUpToDate()
        // Who has not heard the good-bye is cut off with the sockets.
        for index in peers.indices { peers[index].isConnected = false }
        return LastWord(figures: await storeFigures(), peers: peers)
    }
}
