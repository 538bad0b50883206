extension DoctorMessage {
    var english: String {
        switch self {
        case .freeSpace(let bytes, let days):
            if let days {
                "\(bytes) free on the disk: about \(days) days as the store has grown."
            } else {
                "\(bytes) free on the disk."
            }
        case .freeSpaceRemedy: "Free some space, or move the store to a larger disk; abscope log seal makes it smaller."
        case .volumeIs(let kind, let place): "The store is on \(kind), mounted at \(place)."
        case .volumeNetwork(let kind):
            "The store is on a network file system (\(kind)): it can be read, and nothing can be recorded."
        case .volumeInMemory(let kind): "The store is in memory (\(kind)): a restart of the machine takes all of it."
        case .volumeUnknown: "The system does not tell what kind of file system the store is on."
        case .volumeRemedy: "Move the store to a disk of this machine: ext4, xfs or btrfs."
        case .volumeNoJournal(let kind, let place):
            """
            The store is on \(kind) without a journal, mounted at \(place): what was recorded stays after a power cut, but a \
            file may lose its name, and that is not promised against.
            """
        case .volumeJournalRemedy(let device):
            """
            End the programs, unmount it, and give it a journal: tune2fs -O has_journal \(device). Or move the store to ext4 \
            with a journal, xfs or btrfs.
            """
        case .volumeSmallBlocks(let kind, let place, let bytes):
            """
            The store is on \(kind) with blocks of \(bytes) bytes, mounted at \(place): when that disk is full, a command can \
            be ended by the system (SIGBUS) instead of saying so. What was recorded stays.
            """
        case .volumeBlocksRemedy:
            "Move the store to a file system with blocks of 4096 bytes; a small one is made so by: mkfs.ext4 -b 4096 DEVICE."
        case .encrypted(let how): "The disk is encrypted (\(how))."
        case .notEncrypted(let device):
            "The disk (\(device)) is not encrypted: who takes it away reads everything but names."
        case .encryptionUnknown: "Whether the disk is encrypted can not be told from here."
        case .encryptionRemedy:
            "Keep the store on a disk encrypted with LUKS; whether the disk or the machine above this one encrypts, ask who runs it."
        case .filesClosed: "Every file belongs to this account, and no other can enter the store."
        case .filesOpen(let files, let count):
            "\(Self.files(count)) open to others: \(files.joined(separator: ", "))"
        case .filesOpenRemedy(let root): "Close them: chmod -R go= '\(root)'"
        case .filesForeign(let files, let count):
            "\(Self.files(count)) not of this account: \(files.joined(separator: ", "))"
        case .filesForeignRemedy(let user, let root): "As root: chown -R \(user) '\(root)'"
        case .clockSynchronized: "The clock is kept right."
        case .clockUnsynchronized: "Nothing keeps the clock right, as far as the kernel knows."
        case .clockUnknown: "Whether something keeps the clock right can not be told from here."
        case .clockBehind(let age): "The clock is \(age) behind the newest entry of this site: one of the two is wrong."
        case .clockBeforeProgram: "The clock is before the day this program was installed."
        case .clockRemedy:
            "Set the clock, and have it kept: timedatectl set-ntp true. Without a network, compare it daily."
        case .keyFits: "The site's key is there and is that of SITE."
        case .lockHeld(let name, let holder): "\(name) is held by \(holder), which is at work."
        case .noLocks: "Nobody holds a lock."
        case .viewCurrent: "The view has every entry."
        case .viewRemedy:
            "See abscope log verify; abscope log repair --from brings back what is damaged, abscope view rebuild makes the"
                + " view anew."
        case .quarantineHolds(let count, let bytes):
            count == 1 ? "1 file is in quarantine (\(bytes))." : "\(count) files are in quarantine (\(bytes))."
        case .quarantineRemedy:
            "See abscope log quarantine list; when log verify is content they can be exported, and then discarded."
        case .incidentCloseRemedy(let name): "When it is understood: abscope incident close \(name)"
        case .epochsFew(let count): count == 1 ? "The site is in its first epoch." : "The site has had \(count) epochs."
        case .mayBeOld(let why):
            "This may not be the store as it last wrote on this machine: \(why). With its next entry it goes on in a new epoch."
        case .mayBeOldRemedy:
            "If an old copy was put back, record nothing before it has spoken to another site: what it lacks comes back from there."
                + " A copy that is not needed: delete it, and go on in the other."
        case .epochsRepeated(let count):
            "\(count) new epochs were opened within a month: the store keeps being taken for a copy of itself."
        case .epochsRemedy(let path):
            "See that \(path) stays where it is between runs (in a container: a volume for the state folder), and that the machine id does not change."
        case .noKnownDamage: "No damage is known; abscope log verify proves it."
        case .feedsDamaged(let count): count == 1 ? "1 feed is damaged." : "\(count) feeds are damaged."
        case .verifiedWhole(let moment, let entries):
            "Verified on \(moment): \(say(.entryCount(entries))) proven, nothing damaged."
        case .verifiedDamaged(let moment, let count, let places):
            "Verified on \(moment): \(count) damaged \(count == 1 ? "place" : "places"), as far as known since then: "
                + places.joined(separator: "; ")
        case .verificationNotKept(let reason): "What was found can not be kept for `abscope doctor`: \(reason)"
        case .keysNotLookedAt(let reason):
            "Whether the keys of persons are all here can not be told, for the records can not be opened: \(reason)"
        case .daemonRuns: "The daemon runs."
        case .daemonNotNeeded: "The site belongs to no registry, so no daemon is needed."
        case .noLeftovers: "Nothing is left over from interrupted work, and nothing is there that is not the store's."
        case .leftovers(let files, let count):
            "\(Self.files(count)) left over or not the store's: \(files.joined(separator: ", "))"
        case .leftoversRemedy: "None is needed; look at them, and remove them while nothing runs."
        case .unfinished(let folders):
            "Beside the store lies what seems to be left of a restore, or of the making of a store, that was killed,"
                + " and may hold records of patients: \(folders.joined(separator: ", "))"
        case .unfinishedRemedy: "Delete it, unless somebody uses it as a store."
        }
    }

    private static func files(_ count: Int) -> String {
        count == 1 ? "1 file or folder is" : "\(count) files or folders are"
    }
}
