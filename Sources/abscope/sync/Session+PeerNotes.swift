import LogFormat
import StoreIO
import SyncProtocol

extension Session {
    /// What the daemon last wrote down of the other sites; nil before it did. A file that is damaged, or longer than any
    /// daemon writes, is told once, and counts as none. Read once.
    ///
    /// - Throws: `StorageError` when the file can not be read.
    func peerNotes() throws -> PeerNotes? {
        if let readPeerNotes { return readPeerNotes }
        let notes = try storedPeerNotes()
        readPeerNotes = .some(notes)
        return notes
    }

    private func storedPeerNotes() throws -> PeerNotes? {
        let bytes: [UInt8]
        do throws(StorageError) {
            bytes = try surroundings.fileSystem.readFile(
                storePath + "/" + PeerNotes.fileName,
                limitBytes: PeerNotes.fileBytesMaximum
            )
        } catch {
            switch error.code {
            case .notFound: return nil
            case .tooLarge, .corrupted:
                console.note(.peerNotesDamaged)
                return nil
            default: throw error
            }
        }
        do throws(SyncError) {
            return try PeerNotes(bytes)
        } catch {
            console.note(.peerNotesDamaged)
            return nil
        }
    }

    /// How the other sites stood when a daemon last knew, with the ages of now; empty before one did.
    ///
    /// - Throws: As ``peerNotes()``.
    func knownPeers() throws -> [ControlReply.Peer] {
        try peerNotes()?.peers(at: surroundings.clock.millisecondsSinceEpoch()) ?? []
    }

    /// Sites that said last that this one's key was revoked: what is recorded here goes nowhere, and nobody here may know.
    ///
    /// - Throws: As ``peerNotes()``.
    func sitesTurningAway(_ names: RecordNames) throws -> [SiteID] {
        try knownPeers().filter { $0.turnsAway && !names.revoked.contains($0.site) }.map(\.site)
    }

    /// How the link and the other sites stand, from the daemon, or as it last wrote down, which is said.
    ///
    /// - Throws: ``Failure`` when the daemon refuses; as ``peerNotes()``.
    func linkState() throws -> (link: LinkReport, peers: [ControlReply.Peer]) {
        if let reply = try ControlClient.ask(ControlRequest(.status), at: controlSocket) {
            try reply.check()
            return (reply.link ?? LinkReport(), reply.peers)
        }
        let peers = try knownPeers()
        if let youngest = peers.compactMap(\.ageSeconds).min() {
            console.line(.link(.asOf(Quantities.duration(seconds: Int64(clamping: youngest)))))
        }
        return (try peerNotes()?.link ?? LinkReport(), peers)
    }

    /// How many seconds ago each site was last in sync with this one; sites of which nothing is known are absent.
    ///
    /// - Throws: As ``peerNotes()``.
    func heardAges() throws -> [SiteID: UInt64] {
        try peerNotes()?.heard(at: surroundings.clock.millisecondsSinceEpoch()) ?? [:]
    }
}
