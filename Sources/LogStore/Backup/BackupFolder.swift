import Crypto
import LogFormat
import StoreIO

/// The folder a backup lies in, opened with a key.
///
/// ```
/// <backup>/
///   BACKUP                   whose it is, and the sealed content key
///   LOCK                     held while somebody writes here
///   manifest-<generation>    what the backup consists of; the newest whole one counts
///   objects/<name>           one sealed file each for segments and larger files; never changed
/// ```
///
/// A backup that was interrupted leaves objects that no manifest names: they are used by the next one if they turn out
/// whole, or removed.
struct BackupFolder: Sendable {
    let path: String
    let fileSystem: any FileSystem
    let label: BackupLabel
    let cipher: BackupCipher

    private static func labelPath(_ path: String) -> String { "\(path)/BACKUP" }
    static func objectsPath(_ path: String) -> String { "\(path)/objects" }
    /// What lies in a folder before its label does.
    private static let beginnings: Set<String> = ["LOCK", "objects", "BACKUP.new", "lost+found"]

    /// Opens an existing backup.
    ///
    /// - Throws: `.notFound`, `.notAStore`, `.invalidArgument` when the key does not open it; `.corrupted`.
    init(
        at path: String,
        with key: Curve25519.KeyAgreement.PrivateKey,
        in fileSystem: any FileSystem
    ) throws(StorageError) {
        try Self.checkPresence(path, in: fileSystem)
        let label = try Self.readLabel(path, in: fileSystem)
        self.path = path
        self.fileSystem = fileSystem
        self.label = label
        cipher = BackupCipher(key: try label.contentKey(with: key, path: Self.labelPath(path)))
    }

    /// - Throws: `.notFound`, `.notAStore` where there is no backup; `.inputOutput`.
    static func checkPresence(_ path: String, in fileSystem: any FileSystem) throws(StorageError) {
        guard try fileSystem.status(path) != nil else {
            throw StorageError(.notFound, "There is no such folder.", at: .init(path: path))
        }
        guard try fileSystem.exists(labelPath(path)) else {
            throw StorageError(
                .notAStore,
                "There is no Abscope backup in this folder: name the folder that was given to `abscope backup`.",
                at: .init(path: path)
            )
        }
    }

    /// Opens a site's backup with the site's own key, to read.
    ///
    /// - Throws: `.invalidArgument` when it is another site's; `.notFound`, `.corrupted`, `.inputOutput`.
    init(at path: String, of identity: SiteIdentity, in fileSystem: any FileSystem) throws(StorageError) {
        let label = try Self.readLabel(path, in: fileSystem)
        try Self.check(label, is: identity.site, at: path)
        let key = try label.contentKey(with: identity.agreementKey, path: Self.labelPath(path))
        self.init(path: path, fileSystem: fileSystem, label: label, cipher: BackupCipher(key: key))
    }

    /// Whether a folder holds a backup, finished or not.
    static func isThere(_ path: String, in fileSystem: any FileSystem) throws(StorageError) -> Bool {
        try fileSystem.exists(labelPath(path))
    }

    private static func check(_ label: BackupLabel, is site: SiteID, at path: String) throws(StorageError) {
        guard label.site == site else {
            throw StorageError(
                .invalidArgument,
                "This folder holds the backup of another site (\(label.site)): choose another one.",
                at: .init(path: path)
            )
        }
    }

    private init(path: String, fileSystem: any FileSystem, label: BackupLabel, cipher: BackupCipher) {
        self.path = path
        self.fileSystem = fileSystem
        self.label = label
        self.cipher = cipher
    }

    /// The folder's lock, for as long as the handle lives.
    ///
    /// - Throws: `.locked` when somebody else writes a backup there.
    static func lock(_ path: String, in fileSystem: any FileSystem) throws(StorageError) -> any OpenFile {
        let lock = try fileSystem.openFile("\(path)/LOCK", .openOrCreate)
        guard try lock.lock(.exclusive, waiting: false) else {
            throw StorageError(
                .locked,
                "Another backup is being written into this folder: wait until it has finished.",
                at: .init(path: path)
            )
        }
        return lock
    }

    /// Whether a folder is empty, or holds a backup or the beginning of one.
    ///
    /// - Throws: `.invalidArgument` when it holds anything else.
    static func check(_ path: String, in fileSystem: any FileSystem) throws(StorageError) {
        guard let status = try fileSystem.status(path) else { return }
        guard status.kind == .directory else {
            throw StorageError(.invalidArgument, "This is not a folder: name a folder.", at: .init(path: path))
        }
        let names = try fileSystem.listDirectory(path)
        guard names.contains("BACKUP") || names.allSatisfy(beginnings.contains) else {
            throw StorageError(
                .invalidArgument,
                names.contains("FORMAT")
                    ? "This folder holds a store. A backup goes into a folder of its own, best on another disk."
                    : "This folder holds something else and no backup: name a new folder, for example '\(path)/abscope'.",
                at: .init(path: path)
            )
        }
    }

    /// Opens a site's backup, or begins one, with the site's own key; sees to it that the key on paper opens it.
    ///
    /// - Parameters:
    ///   - path: Locked by the caller, and checked.
    ///   - identity: Whose backup.
    ///   - paper: The public half of the key on paper.
    ///   - random: For a new backup's keys.
    ///   - fileSystem: Where it lies.
    /// - Returns: The folder, open.
    /// - Throws: `.invalidArgument` when it is another site's; `.corrupted`, `.noSpace`, `.readOnly`, `.inputOutput`.
    static func openOrBegin(
        at path: String,
        of identity: SiteIdentity,
        paper: [UInt8],
        random: any RandomSource,
        in fileSystem: any FileSystem
    ) throws(StorageError) -> BackupFolder {
        let publicKeys = [paper, identity.agreementPublicKey]
        guard try fileSystem.exists(labelPath(path)) else {
            let key = random.bytes(BackupCipher.keyBytes)
            let label = try BackupLabel(
                site: identity.site,
                id: random.bytes(8),
                contentKey: key,
                publicKeys: publicKeys
            )
            if try !fileSystem.exists(objectsPath(path)) { try fileSystem.makeDirectory(objectsPath(path)) }
            try fileSystem.replaceFile(labelPath(path), with: label.encoded)
            return BackupFolder(path: path, fileSystem: fileSystem, label: label, cipher: BackupCipher(key: key))
        }
        let label = try readLabel(path, in: fileSystem)
        try check(label, is: identity.site, at: path)
        let key = try label.contentKey(with: identity.agreementKey, path: labelPath(path))
        guard label.recipients.map(\.publicKey) != publicKeys else {
            return BackupFolder(path: path, fileSystem: fileSystem, label: label, cipher: BackupCipher(key: key))
        }
        // Somebody made a new key since: from now on that one opens it.
        let renewed = try BackupLabel(
            site: label.site,
            id: label.id,
            contentKey: key,
            publicKeys: publicKeys
        )
        try fileSystem.replaceFile(labelPath(path), with: renewed.encoded)
        return BackupFolder(path: path, fileSystem: fileSystem, label: renewed, cipher: BackupCipher(key: key))
    }

    private static func readLabel(_ path: String, in fileSystem: any FileSystem) throws(StorageError) -> BackupLabel {
        do throws(StorageError) {
            return try BackupLabel(
                try fileSystem.readFile(labelPath(path), limitBytes: TextRecord.limitBytes),
                path: labelPath(path)
            )
        } catch {
            guard error.code == .corrupted else { throw error }
            throw StorageError(
                .corrupted,
                "The file that says whose backup this is, and how to open it, is damaged: use another backup, and back up"
                    + " into a new folder.",
                at: .init(path: labelPath(path)),
                cause: error
            )
        }
    }
}
