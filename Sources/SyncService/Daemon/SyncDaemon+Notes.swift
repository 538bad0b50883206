import LogStore
import Logging
import NIOPosix
import StoreIO
import SyncProtocol
import Synchronization

// What is known of other sites outlives the daemon, so that `abscope` can say it while none runs.
extension SyncDaemon {
    private var notesPath: String { log.root + "/" + PeerNotes.fileName }
    /// How old what is kept may be while a site is connected.
    private static let notesSeconds: Int64 = 30

    /// Takes over what an earlier daemon knew. A file that can not be read is told and replaced later.
    func loadNotes() {
        do {
            let bytes = try surroundings.fileSystem.readFile(notesPath, limitBytes: PeerNotes.fileBytesMaximum)
            book.restore(try PeerNotes(bytes).peers(at: surroundings.clock.millisecondsSinceEpoch()), at: now)
        } catch let error as StorageError where error.code == .notFound {
            // The first daemon of this store.
        } catch {
            logger.notice("what was known of other sites can not be read", metadata: ["why": "\(error)"])
        }
    }

    /// Writes them down for as long as the daemon runs.
    func keepNotes() async throws {
        while true {
            try await viewPool.runIfActive { self.writeNotes() }
            try await Task.sleep(for: .seconds(Self.notesSeconds))
        }
    }

    /// Called on the pool only, so never twice at once. Nothing is written when nothing was heard.
    func writeNotes() {
        let known = Set(book.all.map(\.site))
        let peers = peerReports().filter { known.contains($0.site) }
        let isNew = lastNotes.withLock { last in
            defer { last = peers }
            return peers.contains(where: \.isConnected) || last.contains(where: \.isConnected)
        }
        guard isNew else { return }
        let notes = PeerNotes(writtenMilliseconds: surroundings.clock.millisecondsSinceEpoch(), peers: peers)
        do {
            try surroundings.fileSystem.replaceFile(notesPath, with: notes.encoded)
        } catch {
            logger.error("what is known of other sites can not be kept", metadata: ["why": "\(error)"])
        }
    }
}
