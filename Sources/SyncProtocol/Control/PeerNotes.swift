package import LogFormat

/// What a daemon last knew of the other sites, as it leaves it in the store for when it does not run.
///
/// Knowledge, never records: losing the file costs answers to "when did we last hear of them".
///
/// | Offset | Bytes | Meaning |
/// |---|---|---|
/// | 0 | 8 | `abspeer1` |
/// | 8 | 8 | when it was written, milliseconds since 1970, least significant byte first |
/// | 16 | 4 | CRC-32 of the moment and of all that follows |
/// | 20 | | a ``ControlReply`` as on the control socket |
package struct PeerNotes: Hashable, Sendable {
    /// The name of the file in the store.
    package static let fileName = "peers.state"
    /// The largest such file.
    package static let fileBytesMaximum = prefixBytes + 4 + ControlReply.bytesMaximum
    private static let mark = Array("abspeer1".utf8)
    private static let prefixBytes = 20

    /// By the clock of the machine that wrote it.
    package var writtenMilliseconds: Int64
    /// As they stood then.
    package var peers: [ControlReply.Peer]
    /// As this site's own link stood.
    package var link: LinkReport?

    package init(writtenMilliseconds: Int64, peers: [ControlReply.Peer], link: LinkReport? = nil) {
        self.writtenMilliseconds = writtenMilliseconds
        self.peers = peers
        self.link = link
    }

    package var encoded: [UInt8] {
        let content = ControlReply(outcome: .done, peers: peers, process: 0, program: "", link: link).encoded
        let moment = writtenMilliseconds.littleEndianBytes
        return Self.mark + moment + Checksum.of(moment + content).littleEndianBytes + content
    }

    /// - Throws: `.illFormed` when the bytes are no such file, or are damaged; `.tooLarge`, `.notAllowed`.
    package init(_ bytes: [UInt8]) throws(SyncError) {
        guard bytes.count > Self.prefixBytes, Array(bytes.prefix(8)) == Self.mark,
            Checksum.of(Array(bytes[8..<16] + bytes[20...])) == UInt32(littleEndianBytes: bytes[16..<20]),
            let reply = try ControlReply.decode(Array(bytes[20...]))
        else { throw SyncError(.illFormed, "What was known of the other sites is damaged.") }
        self.init(
            writtenMilliseconds: Int64(littleEndianBytes: bytes[8..<16]),
            peers: reply.peers,
            link: reply.link
        )
    }

    /// As they stand later, nothing having been heard since: not connected, and everything older.
    ///
    /// - Parameter milliseconds: Now, by the same clock; when it was set back nothing grows younger.
    /// - Returns: A row for each site, in the order they were written.
    package func peers(at milliseconds: Int64) -> [ControlReply.Peer] {
        let (passed, overflow) = milliseconds.subtractingReportingOverflow(writtenMilliseconds)
        let seconds = overflow ? 0 : UInt64(max(0, passed)) / 1000
        return peers.map { peer in
            var later = peer
            if peer.isConnected {
                later.isConnected = false
                later.status.word = peer.status.word.isSettled ? .ended : .cutOff
            }
            later.ageSeconds = peer.ageSeconds.map { $0.addingReportingOverflow(seconds).partialValue }
            later.inSyncAgeSeconds = peer.inSyncAgeSeconds.map { $0.addingReportingOverflow(seconds).partialValue }
            return later
        }
    }

    /// How many seconds ago each site was last in sync with this one.
    package func heard(at milliseconds: Int64) -> [SiteID: UInt64] {
        var ages: [SiteID: UInt64] = [:]
        for peer in peers(at: milliseconds) { if let age = peer.inSyncAgeSeconds { ages[peer.site] = age } }
        return ages
    }
}
