package import LogFormat

/// A file in quarantine, as its name tells.
package struct QuarantinedFile: Hashable, Sendable {
    /// What it is.
    package enum Kind: String, Hashable, Sendable {
        /// Bytes behind the end of a feed that nobody acknowledged, or that were given up.
        case tail
        /// A whole segment: damaged and replaced, given up, or without an entry.
        case segment
        /// Statements of a feed's site of which some could not be read.
        case statements
        /// The note of an incident that could not be read.
        case incident
        /// Not put there by this program.
        case other
    }

    /// Its name in the folder.
    package var name: String
    package var kind: Kind
    package var feed: FeedID?
    /// Where in the feed it begins: the position of a segment's first entry.
    package var firstPosition: UInt64?
    /// Where it lay in its file; of a tail.
    package var startBytes: UInt64?
    package var sizeBytes: UInt64

    /// Reads a name as ``Quarantine`` gives them: `<feed>-<place>-<nonce>`.
    init(name: String, sizeBytes: UInt64) {
        self.name = name
        self.sizeBytes = sizeBytes
        kind = .other
        let parts = name.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 2, parts[0].hasSuffix(".incident") { kind = .incident }
        guard parts.count == 5, let key = LogStore.feed(named: parts[0...2].joined(separator: "-")) else { return }
        if parts[3] == "CHECKPOINTS" {
            kind = .statements
        } else if let segment = SegmentName(fileName: parts[3]) {
            kind = .segment
            firstPosition = segment.firstPosition
        } else if let start = UInt64(parts[3]), parts[4].hasSuffix(".tail") {
            kind = .tail
            startBytes = start
        } else {
            return
        }
        feed = key.feed
    }
}
