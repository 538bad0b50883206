import LogFormat
import Schema

/// What a site hands to the administrator to be admitted. Not secret; the danger is that another one is put in its
/// place, hence ``fingerprint`` is compared by voice.
package struct EnrolmentRequest: Hashable, Sendable {
    package let keys: SiteKeySet
    /// As the site would like to be called; the administrator decides.
    package let alias: String
    /// `hub` or `clinic`.
    package let role: String
    /// host:port, in order of preference.
    package let addresses: [String]

    private static let kind = "REQUEST"

    /// - Throws: `.illFormed` for an alias, role or address of the wrong form; `.signature`.
    package init(keys: SiteKeySet, alias: String, role: String, addresses: [String]) throws(SyncError) {
        try keys.verify()
        try RosterDraft.check(alias: alias)
        guard role == "hub" || role == "clinic" else {
            throw SyncError(.illFormed, "A site's role is hub or clinic, not “\(role)”.")
        }
        try RosterDraft.check(addresses: addresses)
        self.keys = keys
        self.alias = alias
        self.role = role
        self.addresses = addresses
    }

    /// Eight words that stand for both keys.
    package var fingerprint: [String] { Fingerprint.words(for: keys) }

    /// What the site's signing key signs: context `abscope site request 1`, 32 zero bytes, the encoded message without
    /// its signature.
    package var statement: [UInt8] {
        SignatureContext.siteRequest.message(registry: nil, content: message.encodedBytes())
    }

    /// The text to send.
    ///
    /// - Parameter signature: The signing key's over ``statement``.
    /// - Returns: Lines of at most 64 characters.
    /// - Throws: `.signature` when it does not hold.
    package func text(signature: [UInt8]) throws(SyncError) -> String {
        guard keys.signing.isValidSignature(signature, for: statement) else {
            throw SyncError(.signature, "The request is not signed by the site's own key.")
        }
        var message = message
        message.signature = collected(signature)
        return ArmouredText.encode(message.encodedBytes(), kind: Self.kind)
    }

    /// Reads a request as a person pasted it.
    ///
    /// - Throws: `.illFormed`, `.tooLarge`, `.signature`, each with a sentence for that person.
    package init(text: String) throws(SyncError) {
        let wire = try WireSiteRequest(peerBytes: try ArmouredText.decode(text, kind: Self.kind))
        guard let signing = SitePublicKey(wire.signingKey) else {
            throw SyncError(.illFormed, "The request names no key.")
        }
        try self.init(
            keys: SiteKeySet(
                signing: signing,
                agreement: [UInt8](wire.agreementKey),
                agreementSignature: [UInt8](wire.agreementSignature)
            ),
            alias: wire.alias,
            role: wire.role,
            addresses: wire.addresses
        )
        guard signing.isValidSignature([UInt8](wire.signature), for: statement) else {
            throw SyncError(.signature, "The request was changed: its signature does not hold. Ask for a new one.")
        }
    }

    private var message: WireSiteRequest {
        var wire = WireSiteRequest()
        wire.signingKey = collected(keys.signing.bytes)
        wire.agreementKey = collected(keys.agreement)
        wire.agreementSignature = collected(keys.agreementSignature)
        wire.alias = alias
        wire.role = role
        wire.addresses = addresses
        return wire
    }
}
