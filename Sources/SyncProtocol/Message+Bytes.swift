import LogFormat
import Schema
import SwiftProtobuf

/// A `bytes` field from an array: names the collection by its protocol, so that its module need not be imported.
func collected<Field: RangeReplaceableCollection<UInt8>>(_ bytes: [UInt8]) -> Field {
    Field(bytes)
}

extension Message {
    /// The encoded bytes, fields ascending: equal messages give equal bytes.
    func encodedBytes() -> [UInt8] {
        do {
            return try serializedBytes()
        } catch {
            preconditionFailure("a message without required fields always encodes: \(error)")
        }
    }

    /// - Throws: `.illFormed` when `bytes` are no such message.
    init(peerBytes bytes: [UInt8]) throws(SyncError) {
        do {
            try self.init(serializedBytes: bytes)
        } catch {
            throw SyncError(.illFormed, "The bytes are no \(Self.protoMessageName).")
        }
    }
}

extension WireFeed {
    init(_ feed: FeedID) {
        self.init()
        site = collected(feed.site.bytes)
        epoch = collected(feed.epoch.bytes)
        lane = UInt32(feed.lane.rawValue)
    }

    /// - Throws: `.illFormed` for wrong lengths or a lane that does not exist.
    func feedID() throws(SyncError) -> FeedID {
        guard
            let site = SiteID(site), let epoch = EpochID(epoch),
            let lane = UInt8(exactly: lane).flatMap(Lane.init(rawValue:))
        else { throw SyncError(.illFormed, "A feed is named by 16 bytes, 8 bytes and a lane of 0 to 3.") }
        return FeedID(site: site, epoch: epoch, lane: lane)
    }
}
