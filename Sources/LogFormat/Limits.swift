/// The one table of limits. `Protocol/limits.json` is the same table for everybody else; a test compares the two.
///
/// A length from a file or a peer is compared with its limit before anything is allocated for it.
package enum Limits {
    /// Largest entry. The smallest is 1 byte.
    package static let entryBytes = 16 * 1024
    /// Largest block before compression, on disk, on the wire and in a bundle; counts entries with their length fields.
    package static let blockRawBytes = 32 * 1024
    /// Largest number of entries in one call to append, in bytes with their length fields.
    package static let commitBytes = 4 * 1024 * 1024
    /// A raw segment is closed when it has reached this size.
    package static let segmentBytes = 8 * 1024 * 1024
    /// A raw segment is closed when its first entry is this old.
    package static let segmentDays = 30
    /// Step by which a local segment's space is reserved.
    package static let allocationStepBytes = 1024 * 1024
    /// Largest position: 2^53 - 1, so that a position is exact in JSON too.
    package static let position: UInt64 = (1 << 53) - 1
    /// Most parents an entry may name.
    package static let parents = 16
    /// Smallest credit a WANT may give.
    package static let wantBytesMinimum = 64 * 1024
    /// Largest credit a WANT may give.
    package static let wantBytesMaximum = 1024 * 1024
    /// Most data pushed without a WANT.
    package static let pushBytes = 64 * 1024
    /// Most other sites that one REPORT tells of.
    package static let reportSites = 256
    /// Most recoveries in the lane 0 of one site that are looked at: each costs a signature check.
    package static let recoveriesPerSite = 1024
    /// Most feeds of the receiver that a REPORT names for one site.
    package static let reportFeeds = 32
    /// Largest frame on the wire that is not DATA.
    package static let controlFrameBytes = 64 * 1024
    /// Largest payload of a DATA frame: its header and at most 96 KiB of blocks.
    package static let dataFrameBytes = 97 * 1024
    /// Most feeds a peer may say it holds: four lanes of 5,000 sites are 20,000, and epochs come on top.
    package static let vectorFeeds = 64 * 1024
    /// How long a peer may owe something and send nothing.
    package static let silenceSeconds = 90
    /// From the first packet of TCP to both keys proven.
    package static let handshakeSeconds = 10
    /// Two sites that dial each other at once are both introduced within this: a handshake, and HELLO over a bad line.
    package static let crossedDialSeconds = 20
    /// Most person keys in one packet.
    package static let keysPerPacket = 512
    /// Most addresses of one site.
    package static let siteAddresses = 8
    /// Most bytes taken from a peer the roster does not list.
    package static let strangerBytes = 64 * 1024
    /// Longest stay of a peer the roster does not list.
    package static let strangerSeconds = 10
    /// Most feeds of one other site: 256 epochs of four lanes. A site opens an epoch when it was restored or cloned, so
    /// more says that something makes epochs by itself; each costs a folder and two sectors of HEADS.
    package static let feedsPerSite = 1024
    /// Most feeds of which nothing is attested that one peer may bring: four times what is asked of a peer at once. Anybody
    /// can make up epochs of any listed site, and only a checkpoint shows that one exists.
    package static let unattestedFeedsPerPeer = 256
    /// Most sites one bundle is sealed to.
    package static let bundleRecipients = 64
    /// Most frames in one chunk of a bundle, in bytes before they are encrypted: the largest frame fits.
    package static let bundleChunkBytes = 128 * 1024
    /// Most bytes of the mark that KEYS carries.
    package static let keysMarkBytes = 32
    /// Most Unicode scalars of a program's name and version that are kept.
    package static let programScalars = 64
    /// Most Unicode scalars of a BYE's detail that are kept.
    package static let detailScalars = 200
    /// Longest request, invitation or notice of cut-offs, in bytes of text.
    package static let siteTextBytes = 64 * 1024
    /// Most entries of one notice of cut-offs.
    package static let noticeEntries = 64
    /// Most cut-offs that one entry of the roster names; what is more goes into further entries.
    package static let cutOffsPerEntry = 128
    /// Most sites of which an admission says that they are read.
    package static let readsPerSite = 256
    /// Longest reason of a revocation, in characters.
    package static let reasonCharacters = 500
    /// Most statements with entries about other histories that count of one site.
    package static let statementsPerCarrier = 256

    /// Most bytes one commit can occupy in a segment: what a torn tail can be at most.
    package static let commitStoredBytes = storedBytes(ofEntries: commitBytes)

    /// Most bytes the entries of one call to append can occupy in a segment.
    ///
    /// Every block but the last is filled until the next entry does not fit, hence holds more than
    /// `blockRawBytes - entryBytes - 4` bytes.
    ///
    /// - Parameter lengthBytes: Of the entries with their length fields.
    /// - Returns: That, and what the blocks add.
    package static func storedBytes(ofEntries lengthBytes: Int) -> Int {
        lengthBytes + (lengthBytes / (blockRawBytes - entryBytes - 4) + 1)
            * (BlockPlace.lengthBytes + BlockHeader.lengthBytes)
    }
}
