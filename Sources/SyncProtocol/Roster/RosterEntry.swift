package import LogFormat
import Schema

/// An entry of lane 0 with the place it stands at; a roster is folded from a set of them.
package struct RosterEntry: Hashable, Sendable {
    package var feed: FeedID
    package var position: UInt64
    package var bytes: [UInt8]
    /// Which history of the feed it stands in. nil: the feed has one, as far as is known.
    package var link: Link?

    package init(feed: FeedID, position: UInt64, bytes: [UInt8], link: Link? = nil) {
        self.feed = feed
        self.position = position
        self.bytes = bytes
        self.link = link
    }

    /// How an entry follows on the one before it: two with the same digest after them have everything before in common.
    package struct Link: Hashable, Sendable {
        /// The chain digest after the entry before.
        package var before: ChainDigest
        /// The chain digest after this one.
        package var after: ChainDigest

        package init(before: ChainDigest, after: ChainDigest) {
            (self.before, self.after) = (before, after)
        }
    }

    /// Entries that follow each other in one history.
    ///
    /// - Parameters:
    ///   - entries: In order.
    ///   - feed: Whose they are.
    ///   - start: After which head they stand.
    /// - Returns: Each with its link.
    package static func chained(_ entries: [[UInt8]], of feed: FeedID, after start: FeedHead) -> [RosterEntry] {
        var chain = FeedChain(continuing: start)
        return entries.map { bytes in
            let before = chain.head.digest
            let after = chain.append(bytes)
            return RosterEntry(
                feed: feed,
                position: chain.head.position,
                bytes: bytes,
                link: Link(before: before, after: after)
            )
        }
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

    /// - Throws: `.illFormed`, `.signature`.
    init(_ keys: SiteKeys) throws(SyncError) {
        try self.init(unverified: keys)
        try verify()
    }

    /// - Returns: nil for keys that are not in order.
    init?(_ keys: SiteKeys, knowing verdicts: inout SignatureVerdicts) {
        do throws(SyncError) { try self.init(unverified: keys) } catch { return nil }
        guard agreement.count == 32,
            verdicts.holds(agreementSignature, of: signing, for: Self.statement(agreement: agreement))
        else { return nil }
    }

    /// - Throws: `.illFormed`.
    init(unverified keys: SiteKeys) throws(SyncError) {
        guard let signing = SitePublicKey(keys.signingKey) else {
            throw SyncError(.illFormed, "A site's signing key has 32 bytes.")
        }
        self.init(
            signing: signing,
            agreement: [UInt8](keys.agreementKey),
            agreementSignature: [UInt8](keys.agreementSignature)
        )
    }

    var schema: SiteKeys {
        var keys = SiteKeys()
        keys.signingKey = collected(signing.bytes)
        keys.agreementKey = collected(agreement)
        keys.agreementSignature = collected(agreementSignature)
        return keys
    }
}
