import Crypto
package import LogStore
package import SyncProtocol

extension LogStore {
    /// Both public keys of this site, the second signed by the first.
    ///
    /// - Throws: As ``LogStore/LogStore/requireIdentity()``; what the signature throws.
    package func publicKeys() throws -> SiteKeySet {
        let identity = try requireIdentity()
        let agreement = identity.agreementPublicKey
        let signature = try identity.signingKey.signature(for: SiteKeySet.statement(agreement: agreement))
        return SiteKeySet(
            signing: identity.publicKey,
            agreement: agreement,
            agreementSignature: Array(signature)
        )
    }
}
