package import LogFormat

/// Where identifying fields stand: what a ciphertext is bound to, so that it opens nowhere else.
///
/// Everything a writer knows before the entry has a position: the feed, which only its own site can write to; the record
/// and the person; the kind. The entry's own reference is not among it, for its digest covers the ciphertext. A record
/// that the same entry creates is therefore named by the index of the change: no other site can make such an entry in
/// that feed, and the site itself holds the key. The registry is not named either: a site belongs to one for ever, and
/// may record before it has joined it.
package struct SealingPlace: Hashable, Sendable {
    /// The feed of the entry that carries the ciphertext.
    package var feed: FeedID
    /// The record the fields belong to.
    package var record: RecordTarget
    /// Whose key it is.
    package var person: RecordTarget
    package var kind: RecordKind

    package init(feed: FeedID, record: RecordTarget, person: RecordTarget, kind: RecordKind) {
        self.feed = feed
        self.record = record
        self.person = person
        self.kind = kind
    }

    /// The authenticated data of a body with these fields. Numbers are little-endian.
    ///
    /// | part | bytes |
    /// |---|---|
    /// | "abscope sealed body 1" | 21 |
    /// | site, epoch, lane of the carrying feed | 16, 8, 1 |
    /// | record | as below |
    /// | person | as below |
    /// | kind | 4 |
    /// | number of fields | 4 |
    /// | field numbers, ascending | 4 each |
    ///
    /// A record of the same entry is a byte 0 and the index of the change that creates it (4). Another is a byte 1, site
    /// (16), epoch (8), lane (1), position (8), digest prefix (8) and index (4). The length of each part follows from
    /// what stands before it, so no two places have the same bytes.
    package func context(fields: [UInt32]) -> [UInt8] {
        var bytes = Array("abscope sealed body 1".utf8)
        Self.append(feed, to: &bytes)
        Self.append(record, to: &bytes)
        Self.append(person, to: &bytes)
        bytes.append(littleEndian: kind.rawValue)
        bytes.append(littleEndian: UInt32(fields.count))
        for field in fields { bytes.append(littleEndian: field) }
        return bytes
    }

    private static func append(_ feed: FeedID, to bytes: inout [UInt8]) {
        bytes += feed.site.bytes + feed.epoch.bytes + [feed.lane.rawValue]
    }

    private static func append(_ target: RecordTarget, to bytes: inout [UInt8]) {
        switch target {
        case .inThisEntry(let change):
            bytes.append(0)
            bytes.append(littleEndian: change)
        case .existing(let record):
            bytes.append(1)
            append(record.entry.feed, to: &bytes)
            bytes.append(littleEndian: record.entry.position)
            bytes.append(littleEndian: record.entry.digestPrefix)
            bytes.append(littleEndian: record.change)
        }
    }
}

extension RecordChange {
    /// Where its identifying fields stand; nil when it has none.
    package var sealingPlace: SealingPlace? {
        guard let sealed else { return nil }
        func target(_ record: RecordID) -> RecordTarget {
            record.entry == id.entry ? .inThisEntry(change: record.change) : .existing(record)
        }
        return SealingPlace(feed: id.entry.feed, record: target(record), person: target(sealed.person), kind: kind)
    }
}
