package import Crypto
import LogFormat
package import StoreIO

/// The private half of the key a store's backups are sealed to: on paper, and nowhere in the store.
///
/// Whoever holds it and a backup can read names and write as the site.
package struct BackupKey: Sendable {
    package let agreementKey: Curve25519.KeyAgreement.PrivateKey

    private static let lengthBytes = 32
    /// Digits that tell a slip of the pen from another key.
    private static let checkBytes = 4

    /// A new key.
    package init() { agreementKey = Curve25519.KeyAgreement.PrivateKey() }

    /// Reads what somebody typed from paper. Spaces and dashes between the digits do not matter.
    ///
    /// - Throws: `.invalidArgument` when it is no such key, or was mistyped.
    package init(typed text: String) throws(StorageError) {
        let digits = text.filter { !$0.isWhitespace && $0 != "-" }.lowercased()
        guard let bytes = [UInt8](hexadecimal: digits), bytes.count == Self.lengthBytes + Self.checkBytes else {
            throw StorageError(
                .invalidArgument,
                "A backup key has 72 digits 0 to 9 and a to f, in 18 groups of 4: type all of them from the paper."
            )
        }
        let secret = Array(bytes[..<Self.lengthBytes])
        guard Array(bytes[Self.lengthBytes...]) == Self.check(of: secret) else {
            throw StorageError(
                .invalidArgument,
                "The last two groups of the backup key do not fit the others: compare each digit with the paper."
            )
        }
        do {
            agreementKey = try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: secret)
        } catch {
            throw StorageError(.invalidArgument, "These digits are no key.", cause: error)
        }
    }

    /// 18 groups of 4 hexadecimal digits, the last two a check of the others.
    package var text: String {
        let secret = Array(agreementKey.rawRepresentation)
        let digits = Array((secret + Self.check(of: secret)).hexadecimal)
        return stride(from: 0, to: digits.count, by: 4).map { String(digits[$0..<$0 + 4]) }.joined(separator: " ")
    }

    private static func check(of secret: [UInt8]) -> [UInt8] {
        var hasher = SHA256()
        hasher.update(data: Array("abscope backup key check 1".utf8))
        hasher.update(data: secret)
        return Array(hasher.finalize().prefix(checkBytes))
    }
}

extension LogStore {
    private static let backupKeyTitle = "abscope backup key 0"

    /// Makes this key the one that later backups are sealed to; durable when this returns.
    ///
    /// Backups there are keep the key they have until the next one is made.
    ///
    /// - Parameter key: Its public half is kept; show the private half to somebody who writes it down.
    /// - Throws: `.noSpace`, `.readOnly`, `.inputOutput`.
    package func useBackupKey(_ key: BackupKey) throws(StorageError) {
        var record = TextRecord(title: Self.backupKeyTitle)
        record.add("public", Array(key.agreementKey.publicKey.rawRepresentation).hexadecimal)
        try whileAppending { _ throws(StorageError) in
            try surroundings.fileSystem.replaceFile(paths.backupKey, with: record.encoded)
        }
    }

    /// Whether this store has a key that backups are sealed to.
    package func hasBackupKey() throws(StorageError) -> Bool {
        try surroundings.fileSystem.exists(paths.backupKey)
    }

    /// The public half of the key that backups are sealed to.
    ///
    /// - Throws: `.notFound` when none was made; `.corrupted`, `.unsupportedFormat`, `.inputOutput`.
    func backupRecipient() throws(StorageError) -> [UInt8] {
        guard try hasBackupKey() else {
            throw StorageError(
                .notFound,
                "Backups are sealed to a key on paper, and this store has none yet: make it with"
                    + " `abscope backup --new-key`, and write it down."
            )
        }
        let record = try TextRecord(
            try surroundings.fileSystem.readFile(paths.backupKey, limitBytes: TextRecord.limitBytes),
            title: Self.backupKeyTitle,
            path: paths.backupKey
        )
        guard let key = record["public"].flatMap({ [UInt8](hexadecimal: $0) }), key.count == 32 else {
            throw StorageError(
                .corrupted,
                "The file holds no key: make a new one with `abscope backup --new-key`.",
                at: .init(path: paths.backupKey)
            )
        }
        return key
    }
}
