package import LogFormat
import Schema

/// A site's first words in an epoch that is not its first: others know of it before anything else is recorded.
package struct EpochStatement: Hashable, Sendable {
    /// Record kind of such an entry of lane 0.
    package static let kind: UInt32 = 38

    /// The epoch before.
    package var parent: EpochID
    /// Where the site knew the lanes of that epoch to end.
    package var ends: [Lane: FeedHead]

    package init(parent: EpochID, ends: [Lane: FeedHead]) {
        self.parent = parent
        self.ends = ends
    }

    /// Reads an entry of lane 0.
    ///
    /// - Returns: nil when it says nothing of epochs.
    package init?(entry bytes: [UInt8]) {
        do {
            let entry = try Entry(peerBytes: bytes)
            guard let change = entry.changes.first(where: { $0.kind == Self.kind }) else { return nil }
            let body = try EpochBody(peerBytes: [UInt8](change.body))
            guard let parent = EpochID(body.beginning.parent) else { return nil }
            self.init(parent: parent, ends: [:])
            for end in body.beginning.ends {
                guard let lane = UInt8(exactly: end.lane).flatMap(Lane.init(rawValue:)),
                    end.position <= Limits.position,
                    let digest = ChainDigest(end.digest)
                else { return nil }
                ends[lane] = FeedHead(position: end.position, digest: digest)
            }
        } catch {
            return nil
        }
    }

    /// The bytes of the entry, for lane 0 of the new epoch.
    package func entry(_ draft: RosterDraft) -> [UInt8] {
        var body = EpochBody()
        body.beginning.parent = collected(parent.bytes)
        body.beginning.ends = ends.sorted { $0.key < $1.key }.map { lane, head in
            var end = CutOff()
            end.epoch = collected(parent.bytes)
            end.lane = UInt32(lane.rawValue)
            end.position = head.position
            end.digest = collected(head.digest.bytes)
            return end
        }
        return draft.entry(kind: Self.kind, body.encodedBytes())
    }
}
