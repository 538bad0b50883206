package import LogFormat

/// Names one change for ever: the entry it stands in and its index there.
///
/// A record is named by the change that created it, so the same type names records and changes.
package struct RecordID: Hashable, Sendable, Comparable {
    package var entry: EntryReference
    /// From 0.
    package var change: UInt32

    package init(entry: EntryReference, change: UInt32 = 0) {
        self.entry = entry
        self.change = change
    }

    /// The order of feed, position and change: the same at every site, and without meaning.
    package static func < (left: RecordID, right: RecordID) -> Bool {
        (left.entry, left.change) < (right.entry, right.change)
    }
}

extension RecordID: CustomStringConvertible {
    /// `<feed>/<position>` with `.<change>` where it is not 0.
    package var description: String {
        "\(entry.feed)/\(entry.position)" + (change == 0 ? "" : ".\(change)")
    }
}
