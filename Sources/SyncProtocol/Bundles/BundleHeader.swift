package import Crypto
package import LogFormat

/// The readable beginning of a bundle: who sent it, in which registry, and the sites it is sealed to. Signed by the sender.
///
/// This is the envelope, and all that a courier sees: what is held, received, recorded or named is sealed.
///
/// ## Layout (integers little-endian)
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 8 | magic `AbscBund` |
/// | 8 | 2 | version, 0 |
/// | 10 | 2 | number n of recipients, 1 to 64 |
/// | 12 | 4 | zero |
/// | 16 | 8 | number of the bundle among its sender's, from 1 |
/// | 24 | 32 | registry |
/// | 56 | 16 | sender |
/// | 72 | 32 | code of the statement |
/// | 104 | 96 n | recipients ascending: site (16), encapsulated key (32), the bundle's secret, sealed (48) |
/// | 104 + 96 n | 64 | Ed25519 signature over context `abscope bundle 1`, registry, and all bytes before it |
package struct BundleHeader: Hashable, Sendable {
    /// A site that can open the bundle.
    package struct Recipient: Hashable, Sendable {
        package var site: SiteID
        var encapsulated: [UInt8]
        var sealedSecret: [UInt8]
    }

    /// Counts the sender's bundles, from 1.
    package let number: UInt64
    package let registry: RegistryID
    package let sender: SiteID
    /// HMAC over the statement, so that the signature covers it: ``BundleSecret/statementCode(_:)``.
    let statementCode: [UInt8]
    /// Ascending by site, each once.
    package let recipients: [Recipient]
    private(set) var signature: [UInt8]

    /// From these many bytes the length of the header is known.
    package static let prefixBytes = 16
    private static let magic = Array("AbscBund".utf8)
    private static let fixedBytes = 104
    private static let recipientBytes = 96
    private static let signatureBytes = 64

    /// Seals the secret to the recipients and signs.
    ///
    /// - Throws: `.tooLarge` for no recipient or too many, `.illFormed` for one that comes twice, `.signature` when a key is
    ///   none or can not sign.
    init(
        number: UInt64,
        registry: RegistryID,
        secret: BundleSecret,
        statementCode: [UInt8],
        recipients: [(site: SiteID, agreementKey: [UInt8])],
        signingKey: Curve25519.Signing.PrivateKey
    ) throws(SyncError) {
        precondition(number > 0, "bundles are counted from 1")
        let sender = SitePublicKey(signingKey.publicKey).siteID
        guard (1...Limits.bundleRecipients).contains(recipients.count) else {
            throw SyncError(.tooLarge, "A bundle is for 1 to \(Limits.bundleRecipients) sites.")
        }
        guard Set(recipients.map(\.site)).count == recipients.count else {
            throw SyncError(.illFormed, "A site is named twice.")
        }
        var sealed: [Recipient] = []
        for recipient in recipients.sorted(by: { $0.site < $1.site }) {
            let info = Self.info(registry: registry, number: number, from: sender, to: recipient.site)
            do throws(FormatError) {
                let box = try KeySealing.seal(secret.bytes, to: recipient.agreementKey, info: info)
                sealed.append(
                    Recipient(site: recipient.site, encapsulated: box.encapsulated, sealedSecret: box.ciphertext)
                )
            } catch {
                throw SyncError(.signature, "What the roster has of site \(recipient.site) is no key.", cause: error)
            }
        }
        self.number = number
        self.registry = registry
        self.sender = sender
        self.statementCode = statementCode
        self.recipients = sealed
        signature = []
        do {
            signature = [UInt8](
                try signingKey.signature(for: SignatureContext.bundle.message(registry: registry, content: encoded))
            )
        } catch {
            throw SyncError(.signature, "The site's key can not sign.")
        }
    }

    /// How long the header is that begins with these bytes.
    ///
    /// - Parameter prefix: At least ``prefixBytes``.
    /// - Returns: At most 6312.
    /// - Throws: `.illFormed` when no bundle begins so, or one of a version this program does not know; `.tooLarge`.
    package static func lengthBytes(_ prefix: [UInt8]) throws(SyncError) -> Int {
        guard prefix.count >= prefixBytes, Array(prefix[..<8]) == magic else {
            throw SyncError(.illFormed, "This is no bundle.")
        }
        guard prefix[8] == 0, prefix[9] == 0, prefix[12..<16].allSatisfy({ $0 == 0 }) else {
            throw SyncError(.illFormed, "The bundle was made by a newer version of Abscope: update this one.")
        }
        let count = Int(UInt16(littleEndianBytes: prefix[10..<12]))
        guard (1...Limits.bundleRecipients).contains(count) else {
            throw SyncError(.tooLarge, "The bundle claims to be for \(count) sites.")
        }
        return fixedBytes + count * recipientBytes + signatureBytes
    }

    /// Reads a header. Nothing is proven by that; see ``verify(key:)``.
    ///
    /// - Parameter bytes: All of it, and nothing more.
    /// - Throws: `.illFormed`, `.tooLarge`.
    package init(decoding bytes: [UInt8]) throws(SyncError) {
        guard bytes.count >= Self.prefixBytes, try Self.lengthBytes(bytes) == bytes.count,
            let registry = RegistryID(bytes[24..<56]), let sender = SiteID(bytes[56..<72])
        else { throw SyncError(.illFormed, "The beginning of the bundle is missing.") }
        var recipients: [Recipient] = []
        for start in stride(from: Self.fixedBytes, to: bytes.count - Self.signatureBytes, by: Self.recipientBytes) {
            guard let site = SiteID(bytes[start..<start + 16]), recipients.last.map({ $0.site < site }) ?? true else {
                throw SyncError(.illFormed, "The recipients of the bundle do not ascend.")
            }
            recipients.append(
                Recipient(
                    site: site,
                    encapsulated: Array(bytes[start + 16..<start + 48]),
                    sealedSecret: Array(bytes[start + 48..<start + 96])
                )
            )
        }
        number = UInt64(littleEndianBytes: bytes[16..<24])
        guard number > 0 else { throw SyncError(.illFormed, "The bundle has no number.") }
        self.registry = registry
        self.sender = sender
        statementCode = Array(bytes[72..<104])
        self.recipients = recipients
        signature = Array(bytes[(bytes.count - Self.signatureBytes)...])
    }

    /// The header's bytes, without the signature before there is one.
    package var encoded: [UInt8] {
        var bytes = Self.magic + [0, 0, UInt8(recipients.count), 0, 0, 0, 0, 0]
        bytes.append(littleEndian: number)
        bytes += registry.bytes
        bytes += sender.bytes
        bytes += statementCode
        for recipient in recipients { bytes += recipient.site.bytes + recipient.encapsulated + recipient.sealedSecret }
        return bytes + signature
    }

    /// Proves that the site made this header.
    ///
    /// - Parameter key: The sender's, as the roster has it.
    /// - Throws: `.signature`.
    package func verify(key: SitePublicKey) throws(SyncError) {
        let content = Array(encoded.dropLast(Self.signatureBytes))
        guard key.siteID == sender,
            key.isValidSignature(signature, for: SignatureContext.bundle.message(registry: registry, content: content))
        else {
            throw SyncError(.signature, "The bundle is not signed by the site it says it is from, or was altered.")
        }
    }

    /// What opens the rest, for a recipient.
    ///
    /// - Parameters:
    ///   - site: Whose key it is.
    ///   - key: The site's private half.
    /// - Returns: The bundle's secret.
    /// - Throws: `.notForUs` when it is sealed to others only; `.illFormed` when it does not open.
    package func secret(
        for site: SiteID,
        with key: Curve25519.KeyAgreement.PrivateKey
    ) throws(SyncError) -> BundleSecret {
        guard let recipient = recipients.first(where: { $0.site == site }) else {
            throw SyncError(.notForUs, "The bundle is sealed to other sites; only they can open it.")
        }
        do throws(FormatError) {
            let bytes = try KeySealing.open(
                encapsulated: recipient.encapsulated,
                ciphertext: recipient.sealedSecret,
                with: key,
                info: Self.info(registry: registry, number: number, from: sender, to: site)
            )
            guard let secret = BundleSecret(bytes) else { throw .sealed }
            return secret
        } catch {
            throw SyncError(.illFormed, "The bundle names this site and does not open with its key.", cause: error)
        }
    }

    /// What a sealed secret is bound to: `abscope bundle key 1`, registry, number, sender, recipient.
    private static func info(
        registry: RegistryID,
        number: UInt64,
        from sender: SiteID,
        to recipient: SiteID
    ) -> [UInt8] {
        Array("abscope bundle key 1".utf8) + registry.bytes + number.littleEndianBytes + sender.bytes + recipient.bytes
    }
}
