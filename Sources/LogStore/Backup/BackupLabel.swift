import Crypto
import LogFormat
import StoreIO

/// The one readable file of a backup, `BACKUP`: whose it is, and the content key, sealed to everybody who may open it.
///
/// Sealed with HPKE (RFC 9180, X25519, HKDF-SHA256, ChaCha20-Poly1305) to the key on paper, and to the site itself, which so
/// can add to the backup and verify it without any paper.
struct BackupLabel: Hashable, Sendable {
    var site: SiteID
    /// 8 random bytes.
    var id: [UInt8]
    var recipients: [Recipient]

    struct Recipient: Hashable, Sendable {
        var publicKey: [UInt8]
        var encapsulated: [UInt8]
        var ciphertext: [UInt8]
    }

    static let title = "abscope backup 0"

    init(site: SiteID, id: [UInt8], contentKey: [UInt8], publicKeys: [[UInt8]]) throws(StorageError) {
        self.site = site
        self.id = id
        recipients = []
        for publicKey in publicKeys {
            do throws(FormatError) {
                let sealed = try KeySealing.seal(contentKey, to: publicKey, info: info)
                recipients.append(
                    Recipient(
                        publicKey: publicKey,
                        encapsulated: sealed.encapsulated,
                        ciphertext: sealed.ciphertext
                    )
                )
            } catch {
                throw StorageError(
                    .invalidArgument,
                    "The key that backups are sealed to is no key: make a new one with `abscope backup --new-key`.",
                    cause: error
                )
            }
        }
    }

    /// - Throws: `.corrupted`, `.unsupportedFormat`.
    init(_ bytes: [UInt8], path: String) throws(StorageError) {
        let record = try TextRecord(bytes, title: Self.title, path: path)
        guard let site = record["site"].flatMap({ [UInt8](hexadecimal: $0) }).flatMap({ SiteID($0) }),
            let id = record["backup"].flatMap({ [UInt8](hexadecimal: $0) })
        else {
            throw StorageError(.corrupted, "The file does not say whose backup this is.", at: .init(path: path))
        }
        self.site = site
        self.id = id
        recipients = record.values("recipient").compactMap { line in
            let parts = line.split(separator: " ").compactMap { [UInt8](hexadecimal: String($0)) }
            guard parts.count == 3 else { return nil }
            return Recipient(publicKey: parts[0], encapsulated: parts[1], ciphertext: parts[2])
        }
    }

    var encoded: [UInt8] {
        var record = TextRecord(title: Self.title)
        record.add("site", site.description)
        record.add("backup", id.hexadecimal)
        for recipient in recipients {
            record.add(
                "recipient",
                [recipient.publicKey, recipient.encapsulated, recipient.ciphertext].map(\.hexadecimal)
                    .joined(separator: " ")
            )
        }
        return record.encoded
    }

    /// The content key, with the private half of a recipient.
    ///
    /// - Throws: `.invalidArgument` when it is the key of none of them; `.corrupted`.
    func contentKey(with key: Curve25519.KeyAgreement.PrivateKey, path: String) throws(StorageError) -> [UInt8] {
        let publicKey = Array(key.publicKey.rawRepresentation)
        guard let recipient = recipients.first(where: { $0.publicKey == publicKey }) else {
            throw StorageError(
                .invalidArgument,
                "This key does not open this backup: take the backup key that was written down for site \(site) when, or"
                    + " before, the backup was made.",
                at: .init(path: path)
            )
        }
        do throws(FormatError) {
            return try KeySealing.open(
                encapsulated: recipient.encapsulated,
                ciphertext: recipient.ciphertext,
                with: key,
                info: info
            )
        } catch {
            throw StorageError(
                .corrupted,
                "The backup's key is damaged or was altered: this backup can not be opened.",
                at: .init(path: path),
                cause: error
            )
        }
    }

    private var info: [UInt8] { Array("abscope backup key 1".utf8) + site.bytes + id }
}
