package import LogFormat
import Schema

/// A ``BranchStatement`` as an entry of lane 0.
package enum BranchNotice {
    /// Record kind of such an entry.
    package static let kind: UInt32 = 39

    /// Reads an entry of lane 0.
    ///
    /// - Returns: nil when it says nothing of branches.
    package static func statement(in bytes: [UInt8]) -> BranchStatement? {
        do {
            let entry = try Entry(peerBytes: bytes)
            guard let change = entry.changes.first(where: { $0.kind == Self.kind && $0.action == .create }) else {
                return nil
            }
            return try BranchStatement(decoding: [UInt8](try BranchBody(peerBytes: [UInt8](change.body)).statement))
        } catch {
            return nil
        }
    }

    /// When an entry of lane 0 was recorded, by its site's clock; nil when it says nothing of branches.
    package static func recordedMilliseconds(of bytes: [UInt8]) -> Int64? {
        guard statement(in: bytes) != nil else { return nil }
        return RosterReading.content(of: bytes)?.recordedMilliseconds
    }

    /// The bytes of the entry, for lane 0.
    package static func entry(_ statement: BranchStatement, _ draft: RosterDraft) -> [UInt8] {
        var body = BranchBody()
        body.statement = collected(statement.encoded)
        return draft.entry(kind: Self.kind, body.encodedBytes())
    }
}
