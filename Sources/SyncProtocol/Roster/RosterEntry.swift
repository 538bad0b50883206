package import LogFormat
import Schema

/// An entry of lane 0 with the place it stands at; a roster is folded from a set of them.
package struct RosterEntry: Hashable, Sendable {
    package var feed: FeedID
    package var position: UInt64
    package var bytes: [UInt8]

    package init(feed: FeedID, position: UInt64, bytes: [UInt8]) {
        self.feed = feed
        self.position = position
        self.bytes = bytes
    }
}

/// A site's two public keys, the second signed by the first.
package struct SiteKeySet: Hashable, Sendable {
    /// Ed25519.
    package var signing: SitePublicKey
    /// X25519, 32 bytes.
    package var agreement: [UInt8]
    /// 64 bytes: the signing key's over context `abscope agreement key 1`, 32 zero bytes for the registry, and
    /// `agreement`.
    package var agreementSignature: [UInt8]

    package init(signing: SitePublicKey, agreement: [UInt8], agreementSignature: [UInt8]) {
        self.signing = signing
        self.agreement = agreement
        self.agreementSignature = agreementSignature
    }

    /// What the signing key signs.
    package static func statement(agreement: [UInt8]) -> [UInt8] {
        SignatureContext.agreementKey.message(registry: nil, content: agreement)
    }

    /// - Throws: `.signature` unless the signing key says that the agreement key is its own.
    package func verify() throws(SyncError) {
        guard agreement.count == 32,
            signing.isValidSignature(agreementSignature, for: Self.statement(agreement: agreement))
        else { throw SyncError(.signature, "The site's second key is not signed by its first.") }
    }

    init(_ keys: SiteKeys) throws(SyncError) {
        guard let signing = SitePublicKey(keys.signingKey) else {
            throw SyncError(.illFormed, "A site's signing key has 32 bytes.")
        }
        self.init(
            signing: signing,
            agreement: [UInt8](keys.agreementKey),
            agreementSignature: [UInt8](keys.agreementSignature)
        )
        try verify()
    }

    var schema: SiteKeys {
        var keys = SiteKeys()
        keys.signingKey = collected(signing.bytes)
        keys.agreementKey = collected(agreement)
        keys.agreementSignature = collected(agreementSignature)
        return keys
    }
}
