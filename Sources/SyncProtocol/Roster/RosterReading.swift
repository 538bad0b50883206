import LogFormat
import Schema

/// An entry of lane 0 as the roster reads it.
struct RosterReading {
    let feed: FeedID
    let position: UInt64
    let bytes: [UInt8]
    /// As ``RosterEntry/link``.
    let link: RosterEntry.Link?
    /// By its site's clock.
    let recordedMilliseconds: Int64
    /// What it says of the roster; empty for what speaks of something else.
    let bodies: [RosterBody]

    /// - Returns: nil for what stands elsewhere or can not be read.
    init?(_ entry: RosterEntry) {
        guard entry.feed.lane == .roster, let content = Self.content(of: entry.bytes) else { return nil }
        (bodies, recordedMilliseconds) = content
        (feed, position, bytes, link) = (entry.feed, entry.position, entry.bytes, entry.link)
    }

    /// What an entry says of the roster, and when that was recorded; nil for what can not be read.
    static func content(of bytes: [UInt8]) -> (bodies: [RosterBody], recordedMilliseconds: Int64)? {
        do {
            let entry = try Entry(peerBytes: bytes)
            var bodies: [RosterBody] = []
            for change in entry.changes where change.kind == RosterDraft.kind && change.action == .create {
                bodies.append(try RosterBody(peerBytes: [UInt8](change.body)))
            }
            return (bodies, entry.recorded.millisecondsSinceEpoch)
        } catch {
            return nil
        }
    }

    /// By feed, then position; of a forked feed by the bytes, then by the digest after them.
    static func comesFirst(_ left: Self, _ right: Self) -> Bool {
        if (left.feed, left.position) != (right.feed, right.position) {
            return (left.feed, left.position) < (right.feed, right.position)
        }
        guard left.bytes == right.bytes else { return left.bytes.lexicographicallyPrecedes(right.bytes) }
        return (left.link?.after.bytes ?? []).lexicographicallyPrecedes(right.link?.after.bytes ?? [])
    }
}

extension RosterBody {
    /// The term it says it was written in; nil for the founder's first, and also for what names none as it should.
    var termID: TermID? { hasTerm ? TermID(term.began) : nil }

    /// Whether it was written in a term, as it says.
    func isOf(_ term: RosterTerm) -> Bool { hasTerm == (term.id != nil) && termID == term.id }
}

extension CutOff {
    /// The feed of a site that it speaks of, and where that is cut off; nil when it is none.
    func head(of site: SiteID) -> (feed: FeedID, head: FeedHead)? {
        guard let epoch = EpochID(epoch), let digest = ChainDigest(digest), position <= Limits.position,
            let lane = UInt8(exactly: lane).flatMap(Lane.init(rawValue:))
        else { return nil }
        return (FeedID(site: site, epoch: epoch, lane: lane), FeedHead(position: position, digest: digest))
    }

    init(_ row: Frontier.Row) {
        self.init()
        epoch = collected(row.feed.epoch.bytes)
        lane = UInt32(row.feed.lane.rawValue)
        position = row.head.position
        digest = collected(row.head.digest.bytes)
    }
}
