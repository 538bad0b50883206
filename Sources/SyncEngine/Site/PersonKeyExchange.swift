package import LogFormat

/// The keys of persons as the daemon carries them: sealed packets, opaque to everything below the case store.
package protocol PersonKeyExchange: Sendable {
    /// The keys held here, sealed to another site.
    ///
    /// - Parameters:
    ///   - site: The receiver.
    ///   - agreementKey: Its X25519 public key.
    ///   - known: Ids of keys that were sent to it already and are left out.
    /// - Returns: Packets, and the ids of the keys in them.
    /// - Throws: When the keys can not be read, or a key of the receiver is none.
    func keyPackets(
        for site: SiteID,
        agreementKey: [UInt8],
        knownByPeer known: Set<[UInt8]>
    ) throws -> (packets: [[UInt8]], keyIDs: [[UInt8]])

    /// Keeps keys that came.
    ///
    /// - Returns: How many were new.
    /// - Throws: When a packet is not for this site or was altered, or keys can not be kept.
    func accept(_ packets: [[UInt8]], from site: SiteID) throws -> Int
}
