package import CaseModel
package import LogFormat

/// A document of a case, as far as it can be read here.
package struct AttachedDocument: Sendable {
    package var record: RecordID
    /// nil where there is none, or its key is not here.
    package var title: String?
    /// The name the file had; nil where the key is not here.
    package var name: String?
    package var lengthBytes: UInt64
    package var chunks: UInt64
    /// Pieces that have arrived here.
    package var chunksHere: UInt64

    package var isComplete: Bool { chunksHere >= chunks }
}

/// What attaching a file did.
package struct AttachResult: Sendable {
    /// The document; nil for a dry run.
    package var entry: EntryReference?
    /// The file was attached to this case before, as this record; nothing was recorded.
    package var earlier: RecordID?
    package var lengthBytes: UInt64
    /// Pieces written now; the others were here.
    package var chunksWritten: UInt64
    package var chunks: UInt64
}
