import ArgumentParser
import CaseModel
import CaseStore
import LogFormat
import LogStore
import StoreIO

/// `abscope restore`.
struct Restore: StoreCommand {
    static let configuration = CommandConfiguration("restore", .restore)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.backupFolder), completion: .directory) var backup: String
    @Argument(help: .option(.restoreTarget), completion: .directory) var target: String?
    @Flag(name: .long, help: .option(.acceptLoss)) var acceptLoss = false

    func perform(in session: Session) throws -> ExitStatus {
        let root = try target.map(Surrounding.realPath) ?? session.storePath
        let backup = try Surrounding.realPath(backup)
        // Before anybody types 72 digits for nothing.
        try LogStore.checkPlaces(from: backup, to: root, in: session.surroundings)
        let form = try Form([Form.Field("key", asks: .backupKey, isRequired: true)], from: session.input)
        let key = try BackupKey(typed: TypedText.folded(form.value("key")))
        let progress = SharedProgress(.backup(.restoring), on: session.console)
        defer { progress.finish() }
        let surroundings = session.surroundings
        let (log, result) = try LogStore.restore(
            from: backup,
            with: key,
            to: root,
            in: surroundings,
            acceptingLoss: acceptLoss,
            placing: { (extras, folder) throws(StorageError) in
                try PersonKeyBackup.place(extras, in: folder, surroundings)
            },
            progress: { progress.advance(to: $0, of: $1) }
        )
        progress.finish()
        let moment = session.moment(result.milliseconds)
        session.console.line(.backup(.restored(root, entries: result.entries, moment: moment)))
        for lane in Lane.allCases {
            guard let head = result.ownHeads[lane] else { continue }
            session.console.line(.backup(.restoredLane(lane: Int(lane.rawValue), position: head.position)))
        }
        session.console.line(.backup(.restoredEpoch))
        session.console.line(.backup(log.registry == nil ? .restoredAlone(moment) : .restoredMayLack(moment)))
        if !result.removedFolders.isEmpty {
            session.console.line(.backup(.unfinishedRemoved(result.removedFolders)))
        }
        if !result.keptFolders.isEmpty { session.console.line(.backup(.unfinishedKept(result.keptFolders))) }
        let damage = result.damage.map { Failure($0).text }
        for text in damage { session.console.line(text) }
        session.console.json([
            ("restored", .string(root)), ("moment", .string(moment)), ("generation", JSON(result.generation)),
            ("entries", JSON(result.entries)), ("feeds", JSON(result.feeds)),
            ("old_epoch", .string(String(describing: result.oldEpoch))),
            ("new_epoch", .string(String(describing: result.newEpoch))),
            (
                "own_lanes",
                .array(
                    Lane.allCases.compactMap { lane in
                        result.ownHeads[lane].map {
                            .object([("lane", .integer(Int64(lane.rawValue))), ("position", JSON($0.position))])
                        }
                    }
                )
            ), ("damage", .array(damage.map(JSON.string))),
            ("removed_folders", .array(result.removedFolders.map(JSON.string))),
            ("kept_folders", .array(result.keptFolders.map(JSON.string))),
        ])
        if !damage.isEmpty { return .damagedStore }
        return result.keptFolders.isEmpty ? .success : .findings
    }
}
