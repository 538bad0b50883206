import LogFormat
import StoreIO

// What a backup consists of.
extension BackupFolder {
    private static let manifestPrefix = "manifest-"

    private func generations() throws(StorageError) -> [UInt64] {
        try fileSystem.listDirectory(path).compactMap { name in
            guard name.hasPrefix(Self.manifestPrefix) else { return nil }
            let digits = name.dropFirst(Self.manifestPrefix.count)
            return digits.utf8.count == 16 ? UInt64(digits, radix: 16) : nil
        }
        .sorted(by: >)
    }

    private func manifestName(_ generation: UInt64) -> String {
        let digits = String(generation, radix: 16)
        return Self.manifestPrefix + String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    /// The newest manifest that is whole, and the largest generation there is a file of.
    ///
    /// - Returns: nil for a manifest when none was ever finished.
    /// - Throws: `.corrupted` when there are some and none is whole; `.unsupportedFormat`, `.inputOutput`.
    func newestManifest() throws(StorageError) -> (manifest: BackupManifest?, lastGeneration: UInt64) {
        let generations = try generations()
        var damage: StorageError?
        for generation in generations {
            do throws(StorageError) {
                return (try manifest(generation), generations[0])
            } catch {
                guard error.code == .corrupted else { throw error }
                damage = damage ?? error
            }
        }
        guard let damage else { return (nil, 0) }
        throw StorageError(
            .corrupted,
            "The list of what this backup holds is damaged: use another backup, and back up into a new folder.",
            at: damage.location,
            cause: damage
        )
    }

    private func manifest(_ generation: UInt64) throws(StorageError) -> BackupManifest {
        let name = manifestName(generation)
        let path = "\(path)/\(name)"
        let sealed = try fileSystem.readFile(path, limitBytes: BackupManifest.limitBytes)
        return try BackupManifest(try cipher.open(sealed, name: name, path: path), path: path)
    }

    /// What the caller had given to a backup.
    ///
    /// - Throws: `.corrupted` when one is missing or not what it was; `.inputOutput`.
    func extras(of manifest: BackupManifest) throws(StorageError) -> [BackupExtra] {
        var extras: [BackupExtra] = []
        for file in manifest.files where file.name.hasPrefix(BackupExtra.prefix) {
            let bytes: [UInt8] =
                switch file.content {
                case .inline(let bytes): bytes
                case .object(let object): try read(object)
                }
            extras.append(BackupExtra(name: String(file.name.dropFirst(BackupExtra.prefix.count)), bytes: bytes))
        }
        return extras
    }

    /// Makes a manifest the one that counts, and removes what none needs any more. Everything it names is durable.
    ///
    /// - Throws: `.noSpace`, `.readOnly`, `.inputOutput`; `.corrupted` when what was read back is not what was written.
    func publish(_ manifest: BackupManifest, salt: [UInt8]) throws(StorageError) {
        let name = manifestName(manifest.generation)
        try fileSystem.syncDirectory(Self.objectsPath(path))
        // Under its name it is whole, so that one that is not was damaged. The earlier one still counts until the name is
        // durable, in one step or not.
        let beginning = "\(path)/\(name).new"
        try write(try cipher.seal(manifest.encoded, name: name, salt: salt), to: beginning)
        try fileSystem.rename(beginning, to: "\(path)/\(name)")
        try fileSystem.syncDirectory(path)
        guard try self.manifest(manifest.generation).encoded == manifest.encoded else {
            throw StorageError(
                .corrupted,
                "What was written to the backup's disk reads back differently: use another disk.",
                at: .init(path: "\(path)/\(name)")
            )
        }
        for generation in try generations() where generation != manifest.generation {
            try fileSystem.unlink("\(path)/\(manifestName(generation))")
        }
        // Durable first, or a power cut could bring back a list of what is removed now.
        try fileSystem.syncDirectory(path)
        let used = Set(manifest.objects.map(\.name))
        let objects = Self.objectsPath(path)
        for name in try fileSystem.listDirectory(objects) where !used.contains(name) {
            try fileSystem.unlink("\(objects)/\(name)")
        }
        try fileSystem.syncDirectory(objects)
    }
}
