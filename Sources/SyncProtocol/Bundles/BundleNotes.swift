package import LogFormat

/// What bundles told of other sites, and how many were made here, as it lies in the store between commands.
///
/// Knowledge, never records: losing the file makes the next bundles larger than they had to be.
///
/// | offset | bytes | meaning |
/// |---|---|---|
/// | 0 | 8 | `abbundl1` |
/// | 8 | 4 | CRC-32 of all that follows, least significant byte first, as all numbers here |
/// | 12 | 8 | number of the last bundle made here |
/// | 20 | | for each site, ascending: number of its newest bundle taken here (8), length (4), its statement's frames |
package struct BundleNotes: Hashable, Sendable {
    /// The name of the file in the store.
    package static let fileName = "bundles.state"
    /// The name of the file that is locked by whoever changes it.
    package static let lockName = "LOCK.bundles"
    /// The largest such file that is read.
    package static let fileBytesMaximum = 64 << 20
    private static let mark = Array("abbundl1".utf8)
    private static let prefixBytes = 20

    /// What a site said last.
    package struct Peer: Hashable, Sendable {
        /// That of the bundle it said it in.
        package var number: UInt64
        package var statement: BundleStatement
    }

    /// Of the last bundle made here; 0 before the first.
    package var number: UInt64 = 0
    package private(set) var peers: [SiteID: Peer] = [:]

    package init() {}

    /// What a site is known to hold.
    package var vectors: [SiteID: HaveVector] { peers.mapValues(\.statement.vector) }

    /// Takes note of a bundle. One that is older than what is known of its sender changes nothing.
    ///
    /// - Returns: Whether it was news.
    package mutating func take(_ statement: BundleStatement, number: UInt64) -> Bool {
        let site = statement.hello.site
        if let known = peers[site] {
            // A site that was restored begins a new epoch, and may have forgotten how many it had made.
            let isLater =
                known.statement.hello.epoch == statement.hello.epoch
                ? number > known.number
                : statement.hello.wallMilliseconds > known.statement.hello.wallMilliseconds
            guard isLater else { return false }
        }
        peers[site] = Peer(number: number, statement: statement)
        return true
    }

    package var encoded: [UInt8] {
        var content = Self.integer(number, bytes: 8)
        for (_, peer) in peers.sorted(by: { $0.key < $1.key }) {
            let statement = peer.statement.encoded
            content += Self.integer(peer.number, bytes: 8) + Self.integer(UInt64(statement.count), bytes: 4) + statement
        }
        return Self.mark + Self.integer(UInt64(Checksum.of(content)), bytes: 4) + content
    }

    /// - Throws: `.illFormed` when the bytes are no such file, or are damaged; `.tooLarge`, `.unknownCriticalFrame`.
    package init(_ bytes: [UInt8]) throws(SyncError) {
        guard bytes.count >= Self.prefixBytes, Array(bytes[..<8]) == Self.mark,
            UInt64(Checksum.of(Array(bytes[12...]))) == Self.integer(bytes[8..<12])
        else { throw SyncError(.illFormed, "What bundles told of other sites is damaged.") }
        number = Self.integer(bytes[12..<20])
        var at = Self.prefixBytes
        while at < bytes.count {
            guard bytes.count - at >= 12 else {
                throw SyncError(.illFormed, "What bundles told of other sites is cut.")
            }
            let number = Self.integer(bytes[at..<at + 8])
            let end = at + 12 + Int(Self.integer(bytes[at + 8..<at + 12]))
            guard end <= bytes.count else { throw SyncError(.illFormed, "What bundles told of other sites is cut.") }
            let statement = try Self.statement(Array(bytes[at + 12..<end]))
            peers[statement.hello.site] = Peer(number: number, statement: statement)
            at = end
        }
    }

    private static func statement(_ bytes: [UInt8]) throws(SyncError) -> BundleStatement {
        var decoder = FrameDecoder()
        decoder.append(bytes)
        var reading = BundleStatementReading()
        while let frame = try decoder.next() {
            if let whole = try reading.take(try SyncMessage(frame)) { return whole }
        }
        throw SyncError(.illFormed, "What bundles told of other sites is cut.")
    }

    private static func integer(_ value: UInt64, bytes: Int) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }

    private static func integer(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
