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
        let moment = now
        // What is taken over counts as heard before.
        notesMoment.withLock { $0 = moment + 1 }
        do {
            let bytes = try surroundings.fileSystem.readFile(notesPath, limitBytes: PeerNotes.fileBytesMaximum)
            book.restore(try PeerNotes(bytes).peers(at: surroundings.clock.millisecondsSinceEpoch()), at: moment)
        } catch let error as StorageError where error.code == .notFound {
            // The first daemon of this store.
        } catch {
            logger.notice(
                "what was known of other sites can not be read and is begun anew",
                metadata: ["file": "\(notesPath)", "why": "\(error)"]
            )
        }
    }

    /// Writes them down for as long as the daemon runs.
    func keepNotes() async throws {
        while true {
            try await viewPool.runIfActive { self.writeNotes() }
            endUnusedFetch()
            try await Task.sleep(for: .seconds(Self.notesSeconds))
        }
    }

    /// Called on the pool only, so never twice at once. Nothing is written when nobody was heard since the last time.
    func writeNotes() {
        let moment = now
        let written = notesMoment.withLock { $0 }
        let known = book.all
        guard known.contains(where: { $0.entry.isConnected || $0.entry.wasHeard(since: written) }) else { return }
        let sites = Set(known.map(\.site))
        let notes = PeerNotes(
            writtenMilliseconds: surroundings.clock.millisecondsSinceEpoch(),
            peers: peerReports().filter { sites.contains($0.site) }
        )
        do {
            try surroundings.fileSystem.replaceFile(notesPath, with: notes.encoded)
            notesMoment.withLock { $0 = moment }
        } catch {
            logger.error(
                "what is known of other sites can not be kept",
                metadata: ["file": "\(notesPath)", "why": "\(error)"]
            )
        }
    }
}
