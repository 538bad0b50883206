package import Crypto
package import LogFormat
import StoreIO

/// Who this site is: an Ed25519 key that signs and an X25519 key to which secrets are sealed.
///
/// The private halves leave the store's folder in no other way than through the operations here and TLS.
package struct SiteIdentity: Sendable {
    /// Signs checkpoints and requests, and proves the site in TLS.
    package let signingKey: Curve25519.Signing.PrivateKey
    /// Opens what others sealed to this site.
    package let agreementKey: Curve25519.KeyAgreement.PrivateKey
    package let publicKey: SitePublicKey
    package let site: SiteID

    init(signingKey: Curve25519.Signing.PrivateKey, agreementKey: Curve25519.KeyAgreement.PrivateKey) {
        self.signingKey = signingKey
        self.agreementKey = agreementKey
        publicKey = SitePublicKey(signingKey.publicKey)
        site = publicKey.siteID
    }

    /// The public half of ``agreementKey``, 32 bytes.
    package var agreementPublicKey: [UInt8] { Array(agreementKey.publicKey.rawRepresentation) }

    static let title = "abscope site key 0"

    /// Makes new keys from 64 unpredictable bytes.
    ///
    /// - Throws: `.invalidArgument` when the random source does not give what keys need.
    init(random: any RandomSource) throws(StorageError) {
        try self.init(signing: random.bytes(32), agreement: random.bytes(32), path: "site.key")
    }

    /// Reads the key file.
    ///
    /// - Throws: `.notFound` when it is missing, `.unsafePermissions` when others may read it, `.corrupted`.
    init(at paths: StorePaths, in fileSystem: any FileSystem) throws(StorageError) {
        let location = StorageError.Location(path: paths.key)
        guard let status = try fileSystem.status(paths.key) else {
            throw StorageError(
                .notFound,
                "The site's key is missing; without it nothing can be written or sent. Restore site.key from a backup of"
                    + " this store.",
                at: location
            )
        }
        guard status.mode & 0o077 == 0 else {
            throw StorageError(
                .unsafePermissions,
                "Other accounts can read the site's key. Close it with: chmod 600 '\(paths.key)'",
                at: location
            )
        }
        let record = try TextRecord(
            try fileSystem.readFile(paths.key, limitBytes: TextRecord.limitBytes),
            title: Self.title,
            path: paths.key
        )
        guard let signing = record["signing"].flatMap({ [UInt8](hexadecimal: $0) }),
            let agreement = record["agreement"].flatMap({ [UInt8](hexadecimal: $0) })
        else {
            throw StorageError(.corrupted, "The key file holds no keys: restore it from a backup.", at: location)
        }
        try self.init(signing: signing, agreement: agreement, path: paths.key)
    }

    var encoded: [UInt8] {
        var record = TextRecord(title: Self.title)
        record.add("signing", Array(signingKey.rawRepresentation).hexadecimal)
        record.add("agreement", Array(agreementKey.rawRepresentation).hexadecimal)
        return record.encoded
    }

    private init(signing: [UInt8], agreement: [UInt8], path: String) throws(StorageError) {
        do {
            self.init(
                signingKey: try Curve25519.Signing.PrivateKey(rawRepresentation: signing),
                agreementKey: try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: agreement)
            )
        } catch {
            throw StorageError(
                .corrupted,
                "The bytes of the site's key are no keys: restore it from a backup.",
                at: .init(path: path),
                cause: error
            )
        }
    }
}
