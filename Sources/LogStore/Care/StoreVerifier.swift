import LogFormat
import StoreIO

/// Looks at everything of a store that is not a segment: the files beside the feeds, and what lies between them that is
/// not the store's. Changes nothing, and stops at nothing but a disk that can not be listed.
struct StoreVerifier {
    let paths: StorePaths
    let fileSystem: any FileSystem
    let site: SiteID
    let heads: HeadsFile
    private(set) var findings: [Finding] = []

    init(paths: StorePaths, fileSystem: any FileSystem, site: SiteID, heads: HeadsFile) {
        self.paths = paths
        self.fileSystem = fileSystem
        self.site = site
        self.heads = heads
    }

    /// Names in the store's folder that are Abscope's; those the daemon and the key store make are theirs to judge.
    private static let known: Set<String> = [
        "FORMAT", "SITE", "REGISTRY", "LOCK", "LOCK.append", "LOCK.turnstile", "LOCK.seal", "HEADS", "site.key",
        "BACKUP.key", "feeds", "view", "tmp", "quarantine", "incidents", "keys.sqlite",
        "keys.sqlite-wal", "keys.sqlite-shm", "keys.sqlite-journal", "control.sock", "daemon.lock", "peers.state",
        "peers.state.new", "verification.state", "sites.state", "sites.state.new", "LOCK.sites",
    ]

    // MARK: - Files

    mutating func checkFiles() throws(StorageError) {
        let found = [
            try finding(paths.format, checkFormat), try finding(paths.site, checkSite),
            try finding(paths.key, checkKey), try finding(paths.registry, checkRegistry),
        ]
        findings += found.compactMap(\.self)
        try checkHeads()
        for incident in try readIncidents() where incident.isUnreadable {
            let path = Incident.path(incident.id, at: paths)
            add(.damage, path, "The note of an incident can not be read: close it, and it goes to quarantine.")
        }
    }

    private func checkFormat() throws(StorageError) {
        guard try !StoreFormat(at: paths, in: fileSystem).store.isEmpty else {
            throw StorageError(.corrupted, "FORMAT names no store.", at: .init(path: paths.format))
        }
    }

    private func checkSite() throws(StorageError) {
        guard try SiteFile(at: paths, in: fileSystem).record.site == site else {
            throw StorageError(.corrupted, "SITE names another site than the key.", at: .init(path: paths.site))
        }
    }

    private func checkKey() throws(StorageError) {
        guard try SiteIdentity(at: paths, in: fileSystem).site == site else {
            throw StorageError(.corrupted, "The key is that of another site.", at: .init(path: paths.key))
        }
    }

    private func checkRegistry() throws(StorageError) {
        let membership = try RegistryMembership(at: paths, in: fileSystem)
        let site: SiteFile
        do throws(StorageError) {
            site = try SiteFile(at: paths, in: fileSystem)
        } catch {
            // Said of SITE itself.
            guard error.code == .corrupted || error.code == .unsupportedFormat else { throw error }
            return
        }
        // It is written before SITE names it: who was killed in between joined nothing yet.
        guard let registry = site.record.registry, registry != membership?.registry else { return }
        throw StorageError(
            .corrupted,
            "SITE names a registry whose founding entry is not in REGISTRY: join again with the invitation.",
            at: .init(path: paths.registry)
        )
    }

    /// A pair may have been read in the middle of being written, and a killed writer may leave one half written. Either
    /// way the feed is found again from its segments before anything is believed.
    private mutating func checkHeads() throws(StorageError) {
        for _ in 1...4 {
            let snapshot = try heads.snapshot()
            if snapshot.isComplete, snapshot.suspects.isEmpty { return }
        }
        add(
            .note,
            paths.heads,
            "HEADS was not as a writer leaves it: the ends of feeds are found again from their segments."
        )
    }

    /// Runs a check of one file; what it throws is the finding.
    private func finding(
        _ path: String,
        _ check: () throws(StorageError) -> Void
    ) throws(StorageError) -> Finding? {
        do throws(StorageError) {
            try check()
            return nil
        } catch {
            if error.code == .halted { throw error }
            let location = error.location ?? .init(path: path)
            return Finding(.damage, at: .init(path: location.path, offsetBytes: location.offsetBytes), error.message)
        }
    }

    private mutating func readIncidents() throws(StorageError) -> [Incident] {
        do throws(StorageError) {
            return try Incident.all(at: paths, in: fileSystem)
        } catch {
            if error.code == .halted { throw error }
            add(.damage, error.location?.path ?? paths.incidents, error.message)
            return []
        }
    }

    // MARK: - What does not belong there

    /// Names in the store and in the folders of feeds that are not the store's, and leftovers of what was interrupted.
    ///
    /// - Parameter feeds: The folders of feeds, by name.
    /// - Returns: Paths, sorted; some may be gone in a moment, for others may be writing.
    /// - Throws: `.inputOutput`.
    func strangers(in feeds: [String]) throws(StorageError) -> [(path: String, isLeftover: Bool)] {
        var found: [(path: String, isLeftover: Bool)] = []
        for name in try names(paths.root) where !Self.known.contains(name) {
            let isLeftover = name.hasSuffix(".new") && Self.known.contains(String(name.dropLast(4)))
            found.append(("\(paths.root)/\(name)", isLeftover))
        }
        for name in try names(paths.temporary) { found.append(("\(paths.temporary)/\(name)", true)) }
        for name in try names(paths.incidents) where !name.hasSuffix(".incident") {
            found.append(("\(paths.incidents)/\(name)", name.hasSuffix(".incident.new")))
        }
        for name in try names(paths.feeds) where !feeds.contains(name) {
            found.append(("\(paths.feeds)/\(name)", false))
        }
        for feed in feeds {
            for name in try names("\(paths.feeds)/\(feed)")
            where SegmentName(fileName: name) == nil && name != "CHECKPOINTS" {
                let isLeftover = name == "CHECKPOINTS.new" || name.hasSuffix(".zseg.new")
                found.append(("\(paths.feeds)/\(feed)/\(name)", isLeftover))
            }
        }
        return found
    }

    /// Names what was there before and after everything else was read: who is writing meanwhile is nobody's leftover.
    mutating func add(
        strangers before: [(path: String, isLeftover: Bool)],
        seenAgain after: [(path: String, isLeftover: Bool)]
    ) {
        let still = Set(after.map(\.path))
        for stranger in before where still.contains(stranger.path) {
            add(
                .note,
                stranger.path,
                stranger.isLeftover
                    ? "Left by work that was interrupted; nothing needs it." : "This is none of the store's files."
            )
        }
    }

    private func names(_ folder: String) throws(StorageError) -> [String] {
        do throws(StorageError) {
            return try fileSystem.listDirectory(folder)
        } catch {
            guard error.code == .notFound else { throw error }
            return []
        }
    }

    private mutating func add(_ weight: Finding.Weight, _ path: String, _ cause: String) {
        findings.append(Finding(weight, at: .init(path: path), cause))
    }
}
