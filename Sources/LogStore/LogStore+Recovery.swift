import LogFormat
package import StoreIO

extension LogStore {
    /// Finds the ends of feeds again and publishes them for this start of the machine: of all feeds after a restart; else
    /// of those whose pair in HEADS is not as a writer leaves it, and of those that HEADS does not name.
    ///
    /// - Throws: `.inputOutput`, `.noSpace`, `.readOnly`, `.unsupportedFormat`: then nothing was published.
    func recover(_ section: AppendSection) throws(StorageError) {
        let fileSystem = surroundings.fileSystem
        let loss = try fileSystem.exists(paths.feeds) ? nil : replaceFeeds(section)
        try synchronizeNames()
        try Self.removeTemporaryFiles(paths, in: fileSystem)
        let ownKey = writeRefusal == nil ? identity.publicKey : nil
        var recovered: [HeadsSlot] = []
        var damages: [(feed: FeedID, error: StorageError, acknowledged: FeedHead?)] = []
        var known: Set<AppendSection.OpenKey> = []
        let names = try fileSystem.listDirectory(paths.feeds)
        // What HEADS knows keeps its number in the file; what it lost is found by its folder.
        let keys =
            section.snapshot.slots.compactMap { $0.map { AppendSection.OpenKey(feed: $0.feed, branch: $0.branch) } }
            + names.compactMap(Self.feed(named:))
        for key in keys where known.insert(key).inserted {
            let index = section.snapshot.index(of: key.feed, branch: key.branch)
            if let index, section.isPublished(index) { continue }
            let bound = index.flatMap { section.snapshot.slots[$0] }
            let directory = section.directory(key.feed, branch: key.branch)
            let isOwn = key.feed.site == site
            guard try fileSystem.exists(directory.path) else {
                if let bound, bound.stored.position > 0 {
                    let error = StorageError(
                        .corrupted,
                        "The folder of the feed is gone.",
                        at: .init(path: directory.path, positions: 1...bound.stored.position)
                    )
                    damages.append((key.feed, error, bound.stored))
                    var slot = bound
                    slot.isDamaged = isOwn
                    recovered.append(slot)
                }
                continue
            }
            let recovery = FeedRecovery(
                section: section,
                directory: directory,
                branch: key.branch,
                bound: bound,
                isSameStart: section.snapshot.isCurrent,
                isOwn: isOwn,
                ownKey: isOwn ? ownKey : nil,
                attestation: attestation(of: key.feed)
            )
            guard let outcome = try recovery.run() else { continue }
            if let slot = outcome.slot { recovered.append(slot) }
            if let damage = outcome.damage { damages.append((key.feed, damage, outcome.acknowledged)) }
        }
        try section.republish(recovered)
        let noted = try damages.isEmpty ? [] : allIncidents()
        for damage in damages
        where !noted.contains(where: { $0.covers(damage.error, of: damage.feed, damage.acknowledged) }) {
            try note(damage: damage.error, of: damage.feed, acknowledged: damage.acknowledged, section)
        }
        let damage = damages.first { $0.feed.site == site && $0.feed.epoch == epoch }
        if let reason = damage?.error ?? loss { try openEpoch(section, reason: reason.message, damage: nil) }
    }

    /// Makes the folder of all feeds, which is gone; its name is not durable yet. What HEADS knows of it is missed feed
    /// by feed afterwards. Copying tools leave out empty folders, so without a feed nothing was lost.
    ///
    /// - Returns: That feeds may be gone of which HEADS does not know either: then only the incident, which was noted
    ///   before, says so.
    private func replaceFeeds(_ section: AppendSection) throws(StorageError) -> StorageError? {
        var loss: StorageError?
        if !section.snapshot.isComplete {
            let error = StorageError(
                .corrupted,
                "The folder of all feeds is gone, and HEADS does not say all that was in it.",
                at: .init(path: paths.feeds)
            )
            try note(damage: error, of: nil, section)
            loss = error
        }
        try surroundings.fileSystem.makeDirectory(paths.feeds)
        return loss
    }

    /// Removes files that nobody finished making. Only where nobody can be making one.
    ///
    /// - Parameters:
    ///   - paths: The store's.
    ///   - ending: Of the names that are meant; all of them without one.
    ///   - fileSystem: Where it lies.
    /// - Throws: `.noSpace`, `.readOnly`, `.inputOutput`.
    static func removeTemporaryFiles(
        _ paths: StorePaths,
        ending: String = "",
        in fileSystem: any FileSystem
    ) throws(StorageError) {
        // Copying tools leave out empty folders.
        guard try fileSystem.exists(paths.temporary) else { return try fileSystem.makeDirectory(paths.temporary) }
        for name in try fileSystem.listDirectory(paths.temporary) where name.hasSuffix(ending) {
            let path = "\(paths.temporary)/\(name)"
            // A folder is not ours, and must not keep the store from being opened.
            if try fileSystem.status(path)?.kind != .directory { try fileSystem.unlink(path) }
        }
    }

    /// Sync before believing, names too: whoever made the store or one of its folders may have been killed before the
    /// name was durable, and nothing may be acknowledged below a name that a power cut can take away.
    private func synchronizeNames() throws(StorageError) {
        let fileSystem = surroundings.fileSystem
        do throws(StorageError) {
            try fileSystem.syncDirectory(LinuxFileSystem.parent(of: paths.root))
        } catch  where error.code == .permissionDenied {
            // Who may not read the folder above did not make the store there: its name is older than this program run.
        }
        try fileSystem.syncDirectory(paths.root)
        try fileSystem.syncDirectory(paths.feeds)
    }

    /// What of a feed may be shown without a checkpoint.
    private func attestation(of feed: FeedID) -> FeedRecovery.Attestation {
        guard feed.site == site else { return .checkpoints(beyond: nil) }
        if feed.epoch == epoch { return .itself }
        // What a peer sent of an epoch that is over is not this site's word before a checkpoint says so.
        return .checkpoints(beyond: record.parents.first { $0.epoch == feed.epoch }?.heads[feed.lane])
    }

    /// Begins a new epoch: from here on this site's entries go to new feeds, and nothing of the old ones is written over.
    ///
    /// Needs no network. What the old epoch lost comes back from peers as ordinary entries of it.
    ///
    /// - Parameters:
    ///   - section: The append lock is held.
    ///   - reason: Goes on after "because" in what people read.
    ///   - damage: The damage met just now, when it was not noted yet.
    ///   - isOtherCopy: This store is not the one that wrote its marker. It gets a marker of its own, or the two copies
    ///     would take turns in finding themselves replaced.
    ///   - setBack: Which entries another site holds that show that the store was set back.
    /// - Throws: `.noSpace`, `.readOnly`, `.inputOutput`.
    func openEpoch(
        _ section: AppendSection,
        reason: String,
        damage: StorageError?,
        isOtherCopy: Bool = false,
        setBack: (feed: FeedID, positions: ClosedRange<UInt64>)? = nil
    ) throws(StorageError) {
        guard let epoch = EpochID(surroundings.random.bytes(EpochID.lengthBytes)) else {
            throw StorageError(.invalidArgument, "The random source gave too few bytes.")
        }
        var record = self.record
        if isOtherCopy {
            record.markerPath = try IncarnationMarker.path(
                store: "\(storeName)-\(epoch)",
                machine: surroundings.machine
            )
        }
        var heads: [Lane: FeedHead] = [:]
        for (feed, head) in try ownHeads(section) { heads[feed.lane] = head }
        record.parents.append(.init(epoch: record.epoch, heads: heads))
        // The first one stays: case numbers of that epoch carry no letters.
        record.parents.removeSubrange(1..<max(1, record.parents.count - SiteRecord.parentLimit + 1))
        record.epoch = epoch
        if let damage {
            for lane in Lane.allCases {
                let feed = FeedID(site: site, epoch: self.epoch, lane: lane)
                guard var slot = try section.slot(feed) else { continue }
                slot.isDamaged = damage.location.map { $0.path.hasPrefix(paths.feed(feed)) } ?? false
                try section.publish(slot)
            }
            try note(damage: damage, of: nil, section)
        }
        try save(record, section)
        // A reason may be a sentence of its own.
        let because = reason.hasPrefix("The ") ? "the " + reason.dropFirst(4) : reason
        try Incident(
            milliseconds: surroundings.clock.millisecondsSinceEpoch(),
            kind: setBack == nil ? Incident.epochKind : Incident.setBackKind,
            feed: setBack?.feed.description,
            positions: setBack?.positions,
            text: "This site goes on in a new epoch \(epoch) because \(because)",
            nonce: section.nonce()
        ).save(at: paths, in: surroundings.fileSystem)
        options.observer(.newEpoch(epoch, reason: reason))
        try writeMarker(section)
    }

    private func note(
        damage: StorageError,
        of known: FeedID?,
        acknowledged: FeedHead? = nil,
        _ section: AppendSection
    ) throws(StorageError) {
        let feed = known ?? damage.location.flatMap { self.feed(holding: $0.path) }
        try Incident(
            milliseconds: surroundings.clock.millisecondsSinceEpoch(),
            kind: Incident.damageKind,
            feed: feed?.description,
            positions: damage.location?.positions,
            acknowledged: acknowledged,
            text: damage.description,
            nonce: section.nonce()
        ).save(at: paths, in: surroundings.fileSystem)
        if let known { options.observer(.damaged(known, damage)) }
    }

    // MARK: - Incarnation

    /// Once a process, before its first append: is this the store that wrote its marker, as long or longer?
    func checkIncarnation(_ section: AppendSection) throws(StorageError) {
        guard takeIncarnationCheck() else { return }
        do throws(StorageError) {
            let current = try marker(section)
            let path = record.markerPath
            guard var marker = try IncarnationMarker(at: path, in: surroundings.fileSystem) else {
                return try openEpoch(
                    section,
                    reason: "there is no marker of this store on this machine.",
                    damage: nil,
                    isOtherCopy: true
                )
            }
            if record.parents.contains(where: { $0.epoch == marker.epoch }) {
                // Whoever opened the epoch was killed before it could say so in the marker.
                marker.epoch = epoch
                marker.heads = [:]
            }
            let difference: String?
            do throws(StorageError) {
                difference = try marker.difference(from: current) { lane, position throws(StorageError) in
                    let feed = FeedID(site: site, epoch: epoch, lane: lane)
                    guard let slot = try section.slot(feed), position <= slot.stored.position else { return nil }
                    return try FeedReader(directory: directory(feed), slot: slot).head(at: position).digest
                }
            } catch  where error.code == .corrupted {
                // What can not be read can not be compared, and must not keep anybody from recording either.
                return try openEpoch(section, reason: error.message, damage: error)
            }
            if let difference {
                try openEpoch(section, reason: difference + ".", damage: nil, isOtherCopy: true)
            } else {
                noteMarker(marker)
            }
        } catch {
            returnIncarnationCheck()
            throw error
        }
    }

    /// Why this store is not as it last wrote on this machine, which the next append finds out too and answers with a new
    /// epoch; nil when nothing speaks for that. Writes nothing.
    ///
    /// - Throws: `StorageError` when the files can not be read.
    package func doubt() throws(StorageError) -> String? {
        guard var marker = try IncarnationMarker(at: record.markerPath, in: surroundings.fileSystem) else {
            return "there is no marker of this store on this machine"
        }
        // Whoever opened the epoch was killed before it could say so in the marker.
        if record.parents.contains(where: { $0.epoch == marker.epoch }) {
            marker.epoch = epoch
            marker.heads = [:]
        }
        let lock = try surroundings.fileSystem.status(paths.lock)
        let current = IncarnationMarker(
            machineID: surroundings.machine.machineID,
            inode: lock?.inode ?? 0,
            bornNanoseconds: lock?.bornNanoseconds,
            store: storeName,
            epoch: epoch,
            heads: [:]
        )
        marker.heads = marker.heads.filter { $0.value.position > 0 }
        do throws(StorageError) {
            return try marker.difference(from: current) { lane, position throws(StorageError) in
                let feed = FeedID(site: site, epoch: epoch, lane: lane)
                guard let summary = try self.feed(feed), position <= summary.stored.position else { return nil }
                return try head(of: feed, at: position).digest
            }
        } catch {
            // What can not be read can not be compared; that it is damaged is said of the feed.
            guard error.code == .corrupted else { throw error }
            return nil
        }
    }

    /// What the marker of the store as it lies here says.
    private func marker(_ section: AppendSection) throws(StorageError) -> IncarnationMarker {
        var heads: [Lane: FeedHead] = [:]
        for (feed, head) in try ownHeads(section) { heads[feed.lane] = head }
        let lock = try surroundings.fileSystem.status(paths.lock)
        return IncarnationMarker(
            machineID: surroundings.machine.machineID,
            inode: lock?.inode ?? 0,
            bornNanoseconds: lock?.bornNanoseconds,
            store: storeName,
            epoch: epoch,
            heads: heads
        )
    }

    /// Notes outside the store how far it is.
    ///
    /// A failure does not stop a nurse from recording: it is reported, and costs an epoch at the next start at most.
    func writeMarker(_ section: AppendSection) throws(StorageError) {
        do throws(StorageError) {
            let marker = try marker(section)
            guard isNewMarker(marker) else { return }
            try marker.save(at: record.markerPath, in: surroundings.fileSystem)
            noteMarker(marker)
        } catch  where error.code != .halted {
            options.observer(.markerNotWritten(error))
        }
    }

    /// Reads the name of a feed's folder.
    static func feed(named name: String) -> AppendSection.OpenKey? {
        let branches = name.split(separator: "~", omittingEmptySubsequences: false)
        let parts = branches[0].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, branches.count <= 2,
            let site = [UInt8](hexadecimal: parts[0]).flatMap({ SiteID($0) }),
            let epoch = [UInt8](hexadecimal: parts[1]).flatMap({ EpochID($0) }),
            let lane = UInt8(parts[2]).flatMap({ Lane(rawValue: $0) })
        else { return nil }
        let branch: UInt32
        if branches.count == 2 {
            guard let number = UInt32(branches[1]), number > 0 else { return nil }
            branch = number
        } else {
            branch = 0
        }
        return AppendSection.OpenKey(feed: FeedID(site: site, epoch: epoch, lane: lane), branch: branch)
    }
}
