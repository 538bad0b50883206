import LogFormat

/// One line of a transcript: a commit that was acknowledged, and where it lies.
struct Acknowledgement: Hashable, CustomStringConvertible {
    var writer: UInt32
    var commit: UInt32
    var feed: String
    var positions: ClosedRange<UInt64>
    /// Of the chain after the last entry.
    var digestPrefix: UInt64

    init?(writer: UInt32, commit: UInt32, _ references: [EntryReference]) {
        guard let first = references.first, let last = references.last, first.position <= last.position else {
            return nil
        }
        self.writer = writer
        self.commit = commit
        feed = first.feed.description
        positions = first.position...last.position
        digestPrefix = last.digestPrefix
    }

    /// - Returns: nil for anything but what ``description`` writes.
    init?(_ line: String) {
        let words = line.split(separator: " ")
        guard words.count == 6, let writer = UInt32(words[0]), let commit = UInt32(words[1]),
            let first = UInt64(words[3]), let last = UInt64(words[4]), first <= last,
            let digestPrefix = UInt64(words[5], radix: 16)
        else { return nil }
        self.writer = writer
        self.commit = commit
        feed = String(words[2])
        positions = first...last
        self.digestPrefix = digestPrefix
    }

    var description: String {
        "\(writer) \(commit) \(feed) \(positions.lowerBound) \(positions.upperBound) "
            + String(digestPrefix, radix: 16)
    }
}
