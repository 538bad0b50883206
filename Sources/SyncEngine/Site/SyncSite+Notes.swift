import LogStore
import Logging
import StoreIO
import SyncProtocol
import Synchronization

// What is known of other sites outlives the daemon, so that `abscope` can say it while none runs.
extension SyncSite {
    private var notesPath: String { log.root + "/" + PeerNotes.fileName }
    /// Seconds between two times of keeping them: how old what is kept may be while a site is connected.
    package static let notesSeconds: UInt64 = 30
    /// Seconds between two looks whether something arrived elsewhere, which is kept at once: `case show` reads it there.
    package static let arrivalSeconds: Int64 = 2

    /// Takes over what was known when the site was last up. Before anybody is heard. A file that can not be read is told and replaced later.
    package func loadNotes() {
        let moment = now
        // What is taken over counts as heard before.
        notesMoment.withLock { $0 = moment + 1 }
        do {
            let bytes = try surroundings.fileSystem.readFile(notesPath, limitBytes: PeerNotes.fileBytesMaximum)
            let notes = try PeerNotes(bytes)
            book.restore(notes.peers(at: surroundings.clock.millisecondsSinceEpoch()), at: moment)
            if let usage = notes.link?.usage { link.restore(usage) }
        } catch let error as StorageError where error.code == .notFound {
            // The first daemon of this store.
        } catch {
            logger.notice(
                "what was known of other sites can not be read and is begun anew",
                metadata: ["file": "\(notesPath)", "why": "\(error)"]
            )
        }
    }

    /// Tells the others what is new and writes the notes when it is time. To be called every ``arrivalSeconds``, on the queue
    /// of the read model.
    package func keepNotes() {
        let now = now
        let isDue = notesRound.withLock { last in
            guard last == 0 || now >= last + Self.notesSeconds * 1_000_000_000 else { return false }
            last = max(now, 1)
            return true
        }
        let hasNews = haveArrivals.withLock { news in
            defer { news = false }
            return news
        }
        tellReports()
        if isDue || hasNews { writeNotes() }
    }

    /// Writes them down. To be called on the queue of the read model, so never twice at once. Nothing is written when nobody was heard since the last time.
    package func writeNotes() {
        let moment = now
        let written = notesMoment.withLock { $0 }
        let known = book.all
        guard
            known.contains(where: { $0.entry.isConnected || $0.entry.wasHeard(since: written) })
                || book.wasTold(since: written)
        else { return }
        let sites = Set(known.map(\.site)).union(book.told)
        let notes = PeerNotes(
            writtenMilliseconds: surroundings.clock.millisecondsSinceEpoch(),
            peers: peerReports().filter { sites.contains($0.site) },
            link: link.report
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
