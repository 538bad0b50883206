import ArgumentParser
import CaseStore
import LogStore
import StoreIO

/// `abscope backup`.
struct Backup: StoreCommand {
    static let configuration = CommandConfiguration("backup", .backup)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.backupFolder), completion: .directory) var folder: String?
    @Flag(name: .long, help: .option(.newBackupKey)) var newKey = false
    @Flag(name: .long, help: .option(.yes)) var yes = false
    @Flag(name: .long, help: .option(.verifyAll)) var verifyAll = false

    func perform(in session: Session) throws -> ExitStatus {
        guard newKey == (folder == nil) else {
            throw Failure(.usage, .backup(newKey ? .keyAlone : .folderMissing), remedy: .seeBackupHelp)
        }
        let log = try session.log()
        guard let folder else { return try makeKey(of: log, session) }
        let path = try Surrounding.realPath(folder)
        var keys = PersonKeyBackup.Content()
        let (erased, unsettled) = settleErasures(session)
        let progress = SharedProgress(.backup(.backingUp), on: session.console)
        defer { progress.finish() }
        let result = try log.backUp(
            to: path,
            verifyingAll: verifyAll,
            extras: { (former) throws(StorageError) in
                // What can not be read of the store is backed up with the next; what the former backup has stays.
                keys = try PersonKeyBackup.content(
                    of: log,
                    keeping: former,
                    erased: erased,
                    in: session.surroundings
                )
                return keys.extra.map { [$0] } ?? []
            },
            progress: { progress.advance(to: $0, of: $1) }
        )
        progress.finish()
        tell(result, path, keys, session)
        if let unsettled { session.console.line(.backup(.erasuresUnknown(unsettled))) }
        guard result.damage.isEmpty else { return .damagedStore }
        return keys.problem == nil && unsettled == nil ? .success : .findings
    }

    /// Does what erasures ask for that came while nobody looked: the keys of who was erased leave the backup too.
    ///
    /// - Returns: Those keys; why it is not known, where it is not. The records are backed up all the same.
    private func settleErasures(_ session: Session) -> (keys: [[UInt8]], problem: String?) {
        do {
            return (try session.clinic().erasedKeys(), nil)
        } catch {
            return ([], Failure(describing: error).sentence)
        }
    }

    private func tell(_ result: BackupResult, _ path: String, _ keys: PersonKeyBackup.Content, _ session: Session) {
        let console = session.console
        console.line(.backup(.done(entries: result.entries, path)))
        console.line(
            .backup(
                .copied(
                    segments: result.copiedSegments,
                    bytes: Quantities.bytes(result.copiedBytes),
                    kept: result.keptSegments
                )
            )
        )
        console.line(.backup(result.isWhollyVerified ? .verifiedAll : .verifiedNew))
        if result.feedsBeyondStore > 0 { console.line(.backup(.holdsMore(result.feedsBeyondStore))) }
        if keys.problem == nil, keys.keptKeys > 0 { console.line(.backup(.holdsMoreKeys(keys.keptKeys))) }
        if let keyProblem = keys.problem { console.line(.backup(.withoutKeys(keyProblem))) }
        let damage = result.damage.map { Failure($0).text }
        for text in damage { console.line(text) }
        if !damage.isEmpty { console.line(.backup(.ofDamaged)) }
        console.json([
            ("backup", .string(path)), ("generation", JSON(result.generation)),
            ("moment", .string(session.moment(result.milliseconds))), ("entries", JSON(result.entries)),
            ("copied_segments", JSON(result.copiedSegments)), ("kept_segments", JSON(result.keptSegments)),
            ("copied_bytes", JSON(result.copiedBytes)), ("total_bytes", JSON(result.totalBytes)),
            ("wholly_verified", .bool(result.isWhollyVerified)),
            ("feeds_beyond_store", JSON(result.feedsBeyondStore)), ("keys_beyond_store", JSON(keys.keptKeys)),
            ("key_problem", JSON(keys.problem)),
            ("damage", .array(damage.map(JSON.string))),
        ])
    }

    private func makeKey(of log: LogStore, _ session: Session) throws -> ExitStatus {
        let isFirst = try !log.hasBackupKey()
        if !isFirst, !yes {
            // Whoever pressed Enter twice has the first key on paper and would throw it away.
            guard session.input.isInteractive else {
                throw Failure(.usage, .backup(.keyThere), remedy: .backup(.keyThereRemedy))
            }
            session.console.note(.backup(.keyThere))
            guard try session.input.confirm(.replaceBackupKey) else {
                session.console.line(.backup(.keyKept))
                session.console.json([("backup_key", .null), ("replaced", .bool(false))])
                return .success
            }
        }
        let key = BackupKey()
        try log.useBackupKey(key)
        session.console.line(.backup(.keyOnce))
        session.console.line()
        session.console.line(.backup(.keyLine(key.text)))
        session.console.line()
        session.console.line(.backup(isFirst ? .next : .keyReplaced))
        session.console.json([("backup_key", .string(key.text)), ("replaced", .bool(!isFirst))])
        return .success
    }
}
