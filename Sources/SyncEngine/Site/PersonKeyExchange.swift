package import LogFormat

/// The keys of persons as the daemon carries them: sealed packets, opaque to everything below the case store.
package protocol PersonKeyExchange: Sendable {
    /// The keys held here that another site lacks, sealed to it.
    ///
    /// - Parameters:
    ///   - site: The receiver.
    ///   - agreementKey: Its X25519 public key.
    ///   - authors: Whose entries it is given; nil: all.
    ///   - mark: What an earlier call gave, and what follows it is wanted; empty or not known here: everything is.
    /// - Returns: Packets, and what stands for all keys up to the last of them, at most 32 bytes.
    /// - Throws: When the keys can not be read, or a key of the receiver is none.
    func keyPackets(
        for site: SiteID,
        agreementKey: [UInt8],
        ofAuthors authors: Set<SiteID>?,
        after mark: [UInt8]
    ) throws -> (packets: [[UInt8]], mark: [UInt8])

    /// Keeps keys that came, and with them the mark, which is given by ``marks()`` from now on.
    ///
    /// - Parameters:
    ///   - packets: Of the keys.
    ///   - site: Who sent them.
    ///   - mark: Stands for all keys of that site up to these; empty: the one before stays.
    /// - Returns: How many were new.
    /// - Throws: When a packet is not for this site or was altered, or keys can not be kept; the mark is not kept then.
    func accept(_ packets: [[UInt8]], from site: SiteID, upTo mark: [UInt8]) throws -> Int

    /// The last mark of every site whose keys were kept.
    ///
    /// - Throws: When they can not be read.
    func marks() throws -> [SiteID: [UInt8]]
}
