extension BackupMessage {
    var english: String {
        switch self {
        case .backingUp: "Backing up"
        case .restoring: "Restoring"
        case .keyAlone: "A new key is made by itself: leave the folder out, and make the backup afterwards."
        case .folderMissing: "Name the folder the backup goes to, for example /media/stick/abscope."
        case .keyOnce:
            "Write this key on paper and keep it apart from the backups. It is shown once and stored nowhere; without it no"
                + " backup can be restored, and whoever has it and a backup reads everything:"
        case .keyLine(let key): "Backup key: \(key)"
        case .next: "Now make a backup: abscope backup FOLDER"
        case .keyReplaced:
            "Each backup folder takes this key with its next backup. Keep the old paper for copies made before."
        case .keyThere:
            "There is a backup key already. Once it is replaced, the paper of before opens only copies made before."
        case .keyThereRemedy: "If the paper is lost or was seen by somebody else, replace it: add --yes."
        case .keyKept: "The key was not replaced."
        case .done(let entries, let path): "\(say(.entryCount(entries))) backed up in \(path)."
        case .copied(let segments, let bytes, let kept):
            "Copied now: \(say(.segmentCount(UInt64(segments)))), \(bytes). There already:"
                + " \(say(.segmentCount(UInt64(kept))))."
        case .verifiedAll: "All of it was read back and proven."
        case .verifiedNew:
            "What was copied now was read back and proven; with --verify-all the whole backup is."
        case .holdsMore(let count):
            count == 1
                ? "The backup holds more of one feed than this store, and keeps it."
                : "The backup holds more of \(count) feeds than this store, and keeps it."
        case .holdsMoreKeys(let count):
            (count == 1
                ? "The backup holds the key of a person that this store lacks, and keeps it."
                : "The backup holds \(count) keys of persons that this store lacks, and keeps them.")
                + " `abscope log repair --from` with its folder brings back what is missing here."
        case .withoutKeys(let reason):
            "The keys of persons can not be read, so this backup holds only those of the one before: \(reason)"
        case .erasuresUnknown(let reason):
            "Whether the backup holds a key of a person who was erased is not known, for the records can not be opened:"
                + " \(reason)"
        case .ofDamaged:
            "The store is damaged; what was readable is in the backup. See `abscope log verify`."
        case .restored(let path, let entries, let moment):
            "Restored to \(path): \(say(.entryCount(entries))), as of \(moment)."
        case .restoredLane(let lane, let position): "This site's lane \(lane) goes to position \(position)."
        case .restoredEpoch:
            "This site goes on in a new epoch, so that nothing it recorded after the backup is written over."
        case .restoredAlone(let moment):
            "What was recorded after \(moment) is not in the backup; this site belongs to no registry, so nobody else has"
                + " it. Record it again from paper."
        case .restoredMayLack(let moment):
            "What was recorded after \(moment) may be missing here. What other sites hold of it comes back when the daemon"
                + " has contact; until then, compare with paper before a fraction is given."
        case .unfinishedRemoved(let folders):
            "What a restore to this place had left when it was killed was removed: \(folders.joined(separator: ", "))."
        case .unfinishedKept(let folders):
            "Beside the store lies what seems to be left of a restore that was killed, and may hold records of"
                + " patients: \(folders.joined(separator: ", ")). It was not removed: delete it, unless somebody"
                + " uses it as a store."
        }
    }
}
