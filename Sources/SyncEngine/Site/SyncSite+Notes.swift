import LogFormat
import LogStore
import Logging
import StoreIO
import SyncProtocol
import Synchronization

// What is known of other sites outlives the daemon: the next one begins with it, and `abscope` can say it while none runs.
extension SyncSite {
    private var notesPath: String { log.root + "/" + PeerNotes.fileName }
    private var notesFile: SiteNotesFile { SiteNotesFile(in: log.root, surroundings.fileSystem) }
    /// Seconds between two times of keeping them: how old what is kept may be while a site is connected.
    package static let notesSeconds: UInt64 = 30
    /// Seconds between two looks whether something arrived elsewhere, which is kept at once: `case show` reads it there.
    package static let arrivalSeconds: Int64 = 2
    /// For so many times as long as writing took nothing is written.
    private static let restFactor: UInt64 = 20
    /// How long a command may take that changes them.
    private static let patienceNanoseconds: UInt64 = 100_000_000

    /// Takes over what was known when the site was last up. Before anybody is heard. A file that can not be read is told and
    /// replaced later. Urgent entries that nobody is known to have open the link.
    package func loadNotes() {
        let moment = moment
        // What is taken over counts as heard before.
        notesMoment.withLock { $0 = moment + 1 }
        do {
            let bytes = try surroundings.fileSystem.readFile(notesPath, limitBytes: PeerNotes.fileBytesMaximum)
            let notes = try PeerNotes(bytes)
            book.restore(notes.peers(at: surroundings.clock.millisecondsSinceEpoch()), at: moment)
            if let usage = notes.link?.usage {
                link.restore(usage)
                notedUsage.withLock { $0 = link.report.usage }
            }
        } catch let error as StorageError where error.code == .notFound {
            // The first daemon of this store.
        } catch {
            logger.notice(
                "what was known of other sites can not be read and is begun anew",
                metadata: ["file": "\(notesPath)", "why": "\(error)"]
            )
        }
        readSiteNotes()
        considerUndelivered()
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
        keepBranches()
        keepRecoveries()
        guard isDue || hasNews else { return }
        if areNotesResting { haveArrivals.withLock { $0 = true } } else { writeNotes() }
    }

    /// Whether the notes were written so lately that it has to wait for the next round.
    var areNotesResting: Bool { now < notesRest.withLock { $0 } }

    /// Writes them down. To be called on the queue of the read model, so never twice at once. Nothing is written when nobody
    /// was heard since the last time, and nothing went over the link.
    package func writeNotes() {
        isWritingNotes.withLock { $0 = false }
        let began = now
        defer {
            let ended = now
            notesRest.withLock { $0 = ended + Self.restFactor * (ended - began) }
        }
        writeSiteNotes()
        forgetSettledIncidents()
        let moment = moment
        let written = notesMoment.withLock { $0 }
        let known = book.all
        let report = link.report
        guard
            known.contains(where: { $0.entry.isConnected || $0.entry.hasNews(since: written) })
                || book.wasTold(since: written) || notedUsage.withLock({ $0 != report.usage })
        else { return }
        let sites = Set(known.map(\.site)).union(book.told)
        let notes = PeerNotes(
            writtenMilliseconds: surroundings.clock.millisecondsSinceEpoch(),
            peers: peerReports().filter { sites.contains($0.site) },
            link: report
        )
        do {
            try surroundings.fileSystem.replaceFile(notesPath, with: notes.encoded)
            notesMoment.withLock { $0 = moment }
            notedUsage.withLock { $0 = report.usage }
        } catch {
            logger.error(
                "what is known of other sites can not be kept",
                metadata: ["file": "\(notesPath)", "why": "\(error)"]
            )
        }
    }

    // MARK: - What they said they hold

    private func readSiteNotes() {
        do throws(StorageError) {
            let notes = try notesFile.read(damaged: tellDamagedNotes)
            siteNotes.withLock { $0.adopt(notes, written: [:]) }
        } catch {
            tellDamagedNotes(error)
        }
    }

    private func tellDamagedNotes(_ why: any Error) {
        logger.notice(
            "what other sites said they hold can not be read and is begun anew",
            metadata: ["file": "\(notesFile.path)", "why": "\(why)"]
        )
    }

    /// Brings what was said here into the file, and what bundles told meanwhile out of it.
    private func writeSiteNotes() {
        let news = siteNotes.withLock { $0.news }
        guard !news.isEmpty else { return readChangedNotes() }
        do throws(StorageError) {
            let merged = try notesFile.change(
                waitingNanoseconds: Self.patienceNanoseconds,
                damaged: tellDamagedNotes
            ) { notes in
                for (site, note) in news.sorted(by: { $0.key < $1.key }) {
                    notes.take(note.memory, of: site, at: note.notedMilliseconds)
                }
                return notes
            }
            // Else a command is at it, and the next time does.
            if let merged { siteNotes.withLock { $0.adopt(merged, written: news) } }
        } catch {
            logger.error(
                "what other sites said they hold can not be kept",
                metadata: ["file": "\(notesFile.path)", "why": "\(error)"]
            )
        }
    }

    /// A bundle may have been taken by a command.
    func readChangedNotes() {
        let round = siteNotes.withLock { $0.round }
        do throws(StorageError) {
            let notes = try notesFile.read { _ in }
            // What another thread has written meanwhile is newer.
            siteNotes.withLock { if $0.round == round { $0.adopt(notes, written: [:]) } }
        } catch {
            logger.debug("notes can not be read now", metadata: ["why": "\(error)"])
        }
    }
}

/// What is in `sites.state`, and what has to go there.
struct KnownNotes: Sendable {
    private(set) var notes = SiteNotes()
    private(set) var news: [SiteID: SiteNote] = [:]
    /// How often the file was looked at.
    private(set) var round: UInt64 = 0

    /// A session with a site left something.
    mutating func take(_ memory: PeerMemory, of site: SiteID, at milliseconds: Int64) {
        notes.take(memory, of: site, at: milliseconds)
        news[site] = notes[site]
    }

    /// The file is now so, and some news is in it.
    mutating func adopt(_ written: SiteNotes, written done: [SiteID: SiteNote]) {
        round += 1
        notes = written
        for (site, note) in news {
            if done[site] == note {
                news[site] = nil
            } else {
                notes.take(note.memory, of: site, at: note.notedMilliseconds)
            }
        }
    }
}
