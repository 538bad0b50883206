import StoreIO

/// Looks at the machine a store lies on: the disk, its file system, the files' owners and modes, the clock.
struct MachineDoctor {
    let root: String
    let surroundings: Surroundings

    private var fileSystem: any FileSystem { surroundings.fileSystem }

    /// With less a store of any size is in trouble soon.
    private static let leastFreeBytes: UInt64 = 200_000_000
    private static let leastDays: UInt64 = 60

    func space(storedBytesPerDay: UInt64?) throws -> [DoctorFinding] {
        let free = try fileSystem.freeSpaceBytes(root)
        let days = storedBytesPerDay.flatMap { $0 > 0 ? free / $0 : nil }
        let isShort = free < Self.leastFreeBytes || days.map { $0 < Self.leastDays } ?? false
        return [
            DoctorFinding(
                .space,
                isShort ? .advice : .fine,
                .freeSpace(Quantities.bytes(free), days: days),
                remedy: isShort ? .freeSpaceRemedy : nil
            )
        ]
    }

    // MARK: - The disk

    func volume() throws -> [DoctorFinding] {
        guard let volume = try Volume.holding(root) else {
            return [
                DoctorFinding(.volume, .unknown, .volumeUnknown),
                DoctorFinding(.encryption, .unknown, .encryptionUnknown, remedy: .encryptionRemedy),
            ]
        }
        var found = Self.findings(of: volume, try VolumeTraits.of(root, on: volume))
        switch try DiskEncryption.of(root, on: volume) {
        case .encrypted(let how): found.append(DoctorFinding(.encryption, .fine, .encrypted(how)))
        case .plain:
            found.append(DoctorFinding(.encryption, .advice, .notEncrypted(volume.source), remedy: .encryptionRemedy))
        case .unknown: found.append(DoctorFinding(.encryption, .unknown, .encryptionUnknown, remedy: .encryptionRemedy))
        }
        return found
    }

    /// What a store has to fear of a file system.
    static func findings(of volume: Volume, _ traits: VolumeTraits) -> [DoctorFinding] {
        if volume.isNetwork {
            return [DoctorFinding(.volume, .advice, .volumeNetwork(volume.kind), remedy: .volumeRemedy)]
        }
        if volume.isInMemory {
            return [DoctorFinding(.volume, .advice, .volumeInMemory(volume.kind), remedy: .volumeRemedy)]
        }
        var found: [DoctorFinding] = []
        if traits.journal == .absent {
            let isMended = ["ext2", "ext3", "ext4"].contains(volume.kind)
            found.append(
                DoctorFinding(
                    .volume,
                    .advice,
                    .volumeNoJournal(volume.kind, volume.mountPoint),
                    remedy: isMended ? .volumeJournalRemedy(volume.source) : .volumeRemedy
                )
            )
        }
        if let bytes = traits.blockBytes, bytes < VolumeTraits.leastBlockBytes {
            found.append(
                DoctorFinding(
                    .volume,
                    .advice,
                    .volumeSmallBlocks(volume.kind, volume.mountPoint, bytes: bytes),
                    remedy: .volumeBlocksRemedy
                )
            )
        }
        guard found.isEmpty else { return found }
        return [DoctorFinding(.volume, .fine, .volumeIs(volume.kind, volume.mountPoint))]
    }

    // MARK: - Files

    func permissions() throws -> [DoctorFinding] {
        var open: [String] = []
        var foreign: [String] = []
        try look(at: root, depth: 0, &open, &foreign)
        var found: [DoctorFinding] = []
        if !open.isEmpty {
            found.append(
                DoctorFinding(
                    .permissions,
                    .advice,
                    .filesOpen(Array(open.prefix(5)), open.count),
                    remedy: .filesOpenRemedy(root)
                )
            )
        }
        if !foreign.isEmpty {
            found.append(
                DoctorFinding(
                    .permissions,
                    .advice,
                    .filesForeign(Array(foreign.prefix(5)), foreign.count),
                    remedy: .filesForeignRemedy(surroundings.machine.userID, root)
                )
            )
        }
        return found.isEmpty ? [DoctorFinding(.permissions, .fine, .filesClosed)] : found
    }

    /// A folder nobody else may enter closes what is in it; the key is looked at all the same.
    private func look(at path: String, depth: Int, _ open: inout [String], _ foreign: inout [String]) throws {
        guard let status = try fileSystem.status(path) else { return }
        let isLink = status.kind == .symbolicLink
        if !isLink, status.mode & 0o077 != 0, depth == 0 || path.hasSuffix("/site.key") || !isRootClosed() {
            open.append(path)
        }
        if status.ownerID != surroundings.machine.userID { foreign.append(path) }
        guard status.kind == .directory, depth < 4 else { return }
        for name in try fileSystem.listDirectory(path) {
            try look(at: "\(path)/\(name)", depth: depth + 1, &open, &foreign)
        }
    }

    private func isRootClosed() -> Bool {
        do {
            return try fileSystem.status(root).map { $0.mode & 0o077 == 0 } ?? false
        } catch {
            // Then its files are looked at one by one.
            return false
        }
    }

    // MARK: - The clock

    /// An entry that is said to come from later than now, by more than clocks differ.
    private static let toleranceMilliseconds: Int64 = 5 * 60_000

    /// Compares the clock with what is known to be past. `newestMilliseconds` is when the newest entry of this site was
    /// recorded, nil without one.
    func clock(newestMilliseconds: Int64?) throws -> [DoctorFinding] {
        let now = surroundings.clock.millisecondsSinceEpoch()
        var found: [DoctorFinding] = []
        if let newest = newestMilliseconds, newest - Self.toleranceMilliseconds > now {
            let seconds = (newest - now) / 1000
            found.append(
                DoctorFinding(
                    .clock,
                    .advice,
                    .clockBehind(Quantities.duration(seconds: seconds)),
                    remedy: .clockRemedy
                )
            )
        }
        if let built = FileAge.modifiedMilliseconds("/proc/self/exe", followsLinks: true), now < built - 86_400_000 {
            found.append(DoctorFinding(.clock, .advice, .clockBeforeProgram, remedy: .clockRemedy))
        }
        switch KernelClock.isSynchronized {
        case true?: if found.isEmpty { found.append(DoctorFinding(.clock, .fine, .clockSynchronized)) }
        case false?: found.append(DoctorFinding(.clock, .advice, .clockUnsynchronized, remedy: .clockRemedy))
        case nil: found.append(DoctorFinding(.clock, .unknown, .clockUnknown))
        }
        return found
    }
}
