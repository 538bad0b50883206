package import LogFormat

/// What the other sites said last that they hold, over the wire or in a bundle, and how many bundles were made here.
///
/// A hint: a session that begins with it sends first what the other site probably lacks, and a bundle leaves out what it
/// probably has, and it is told what changed since it was told last. What is wrong, too old or a lie is put right by the next
/// word of that site, and losing the file costs bytes and a round trip, never entries.
///
/// | offset | bytes | meaning |
/// |---|---|---|
/// | 0 | 8 | `absites2`; the last character is the version |
/// | 8 | 4 | CRC-32 of all that follows, least significant byte first, as all numbers here |
/// | 12 | 8 | number of the last bundle made here |
/// | 20 | | the notes of each site, those noted last first |
///
/// | of a site | bytes | meaning |
/// |---|---|---|
/// | 0 | 16 | the site |
/// | 16 | 8 | the epoch it wrote |
/// | 24 | 8 | when it said so, by its clock in milliseconds since 1970 |
/// | 32 | 8 | when that was noted, by the clock here |
/// | 40 | 8 | number of its newest bundle taken here, 0 for none |
/// | 48 | 1 | 1 when it said it on a connection, 0 in that bundle |
/// | 49 | | what it holds, as a change of what the site before it holds; the first begins with nothing |
/// | then | 1 | 0 when it was told nothing that it may remember; else 1, and |
/// | | | what it was told, as a change of what it holds |
///
/// | of a change | bytes | meaning |
/// |---|---|---|
/// | 0 | 2 | number of parts that are others |
/// | each | 1 | the first byte of the sites in it, ascending |
/// | | 4 | which of the parts in the file, counted from 0 as they come; 4294967295: another one, and |
/// | | 4 | number of its rows |
/// | | 58 or 74 each | ascending: site (16), epoch (8), lane (1), position (8), bytes (8), digest (16), then 1 and the other 16 bytes of the digest, or 0 |
///
/// So a hub whose thousands of sites hold nearly the same writes it once.
package struct SiteNotes: Hashable, Sendable {
    /// The name of the file in the store.
    package static let fileName = "sites.state"
    /// The name of the file that is locked by whoever changes it.
    package static let lockName = "LOCK.sites"
    /// The largest such file. Of more sites than it has room for, those heard longest ago are left out.
    package static let fileBytesMaximum = 64 << 20
    private static let mark = Array("absites2".utf8)
    private static let prefixBytes = 20

    /// Of the last bundle made here; 0 before the first.
    package var number: UInt64 = 0
    package private(set) var sites: [SiteID: SiteNote] = [:]

    package init() {}

    /// What a site is known to hold.
    package var vectors: [SiteID: HaveVector] { sites.mapValues(\.memory.vector) }

    package subscript(site: SiteID) -> SiteNote? { sites[site] }

    /// Takes note of what a site said on a connection: nothing is newer.
    ///
    /// - Parameters:
    ///   - memory: What a session with it left.
    ///   - site: Who said it.
    ///   - milliseconds: The time here.
    package mutating func take(_ memory: PeerMemory, of site: SiteID, at milliseconds: Int64) {
        sites[site] = SiteNote(
            memory: memory,
            notedMilliseconds: milliseconds,
            bundle: sites[site]?.bundle ?? 0,
            isOfConnection: true
        )
    }

    /// Takes note of a bundle. One that is older than what is known of its sender changes nothing: the one that was made
    /// later by its sender's clock is newer, and of two bundles of one epoch the one with the larger number. A sender that
    /// was restored, or lost what it had noted, begins to count anew.
    ///
    /// - Parameters:
    ///   - statement: What its sender said.
    ///   - number: The bundle's.
    ///   - heads: Those of the rows that are known here with their whole digest.
    ///   - milliseconds: The time here.
    /// - Returns: Whether it was news.
    package mutating func take(
        _ statement: BundleStatement,
        number: UInt64,
        heads: [Frontier.Row] = [],
        at milliseconds: Int64
    ) -> Bool {
        let hello = statement.hello
        if let known = sites[hello.site] {
            let isAfter = hello.wallMilliseconds > known.memory.wallMilliseconds
            // Its clock may have been set back between two bundles.
            let isNext = !known.isOfConnection && known.memory.epoch == hello.epoch && number > known.bundle
            guard isAfter || isNext else { return false }
        }
        sites[hello.site] = SiteNote(
            memory: PeerMemory(
                epoch: hello.epoch,
                wallMilliseconds: hello.wallMilliseconds,
                vector: statement.vector,
                acknowledged: heads,
                // What is in a bundle is no answer to what was said on a connection.
                said: sites[hello.site]?.memory.said
            ),
            notedMilliseconds: milliseconds,
            bundle: number,
            isOfConnection: false
        )
        return true
    }

    // MARK: - Bytes

    package var encoded: [UInt8] { encoded(limitBytes: Self.fileBytesMaximum) }

    /// As ``encoded``, with room for less: `limitBytes` in place of ``fileBytesMaximum``.
    func encoded(limitBytes: Int) -> [UInt8] {
        var writing = SiteNoteWriting()
        let latestFirst = sites.sorted {
            ($1.value.notedMilliseconds, $0.key) < ($0.value.notedMilliseconds, $1.key)
        }
        for (site, note) in latestFirst {
            guard writing.add(site, note, limitBytes: limitBytes - Self.prefixBytes) else { break }
        }
        var content: [UInt8] = []
        content.append(littleEndian: number)
        content += writing.bytes
        var bytes = Self.mark
        bytes.append(littleEndian: Checksum.of(content))
        return bytes + content
    }

    /// - Throws: `.illFormed` when the bytes are no such file, are damaged, or of another version.
    package init(_ bytes: [UInt8]) throws(SyncError) {
        guard bytes.count >= Self.prefixBytes, Array(bytes[..<8]) == Self.mark,
            Checksum.of(Array(bytes[12...])) == UInt32(littleEndianBytes: bytes[8..<12])
        else { throw SyncError(.illFormed, "What was noted of other sites is damaged, or of another version.") }
        number = UInt64(littleEndianBytes: bytes[12..<20])
        var reading = SiteNoteReading(bytes[Self.prefixBytes...])
        while let (site, note) = try reading.next() {
            guard sites.updateValue(note, forKey: site) == nil else { throw SiteNoteReading.broken }
        }
    }
}
