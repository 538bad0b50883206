import Crypto
import StoreIO

// The sealed files of a backup.
extension BackupFolder {
    func objectPath(_ name: String) -> String { "\(Self.objectsPath(path))/\(name)" }

    /// Whether an object is there in its full length.
    func holds(_ object: BackupManifest.Object) throws(StorageError) -> Bool {
        try fileSystem.status(objectPath(object.name))?.sizeBytes == BackupCipher.sealedBytes(object.lengthBytes)
    }

    /// What an object holds.
    ///
    /// - Throws: `.corrupted` when it is missing or not what it was; `.inputOutput`.
    func read(_ object: BackupManifest.Object) throws(StorageError) -> [UInt8] {
        let path = objectPath(object.name)
        let sealed: [UInt8]
        do throws(StorageError) {
            let limit = BackupCipher.sealedBytes(object.lengthBytes)
            sealed = try fileSystem.readFile(path, limitBytes: Int(clamping: limit))
        } catch {
            guard error.code == .notFound || error.code == .tooLarge else { throw error }
            throw StorageError(.corrupted, "A part of the backup is missing.", at: .init(path: path), cause: error)
        }
        let plain = try cipher.open(sealed, name: object.name, path: path)
        guard UInt64(plain.count) == object.lengthBytes, Self.digest(of: plain) == object.digest else {
            throw StorageError(.corrupted, "A part of the backup is another one.", at: .init(path: path))
        }
        return plain
    }

    /// Writes an object unless it is there already, and reads it back.
    ///
    /// - Returns: The object, and the bytes that were written for it.
    /// - Throws: `.corrupted` when it reads back differently; `.noSpace`, `.readOnly`, `.inputOutput`.
    func store(
        _ plain: [UInt8],
        salt: @autoclosure () -> [UInt8]
    ) throws(StorageError) -> (object: BackupManifest.Object, writtenBytes: UInt64) {
        let digest = Self.digest(of: plain)
        let object = BackupManifest.Object(
            name: cipher.name(ofDigest: digest),
            lengthBytes: UInt64(plain.count),
            digest: digest
        )
        if try holds(object) {
            do throws(StorageError) {
                _ = try read(object)
                // Whoever wrote it may have been killed before it was durable.
                try fileSystem.openFile(objectPath(object.name), .readWrite).synchronizeData()
                return (object, 0)
            } catch {
                guard error.code == .corrupted else { throw error }
            }
        }
        let sealed = try cipher.seal(plain, name: object.name, salt: salt())
        try write(sealed, to: objectPath(object.name))
        _ = try read(object)
        return (object, UInt64(sealed.count))
    }

    /// A new file in place of what is there; durable but for its name.
    func write(_ bytes: [UInt8], to path: String) throws(StorageError) {
        if try fileSystem.exists(path) { try fileSystem.unlink(path) }
        let file = try fileSystem.openFile(path, .create)
        try file.write(bytes, at: 0)
        try file.synchronizeData()
    }

    static func digest(of bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }
}
