package import LogFormat
import Schema
import SwiftProtobuf

/// How far a feed is durable at another site; whose feed it is, the context says.
package struct OwnHead: Hashable, Sendable {
    package var epoch: EpochID
    package var lane: Lane
    package var position: UInt64

    package init(epoch: EpochID, lane: Lane, position: UInt64) {
        self.epoch = epoch
        self.lane = lane
        self.position = position
    }
}

extension OwnHead {
    /// - Throws: `.illFormed`.
    init(_ wire: WireOwnHead) throws(SyncError) {
        guard let epoch = EpochID(wire.epoch), let lane = UInt8(exactly: wire.lane).flatMap(Lane.init(rawValue:)),
            (1...Limits.position).contains(wire.position)
        else { throw SyncError(.illFormed, "A head is an epoch, a lane and a position from 1.") }
        self.init(epoch: epoch, lane: lane, position: wire.position)
    }

    var wire: WireOwnHead {
        WireOwnHead.with {
            $0.epoch = collected(epoch.bytes)
            $0.lane = UInt32(lane.rawValue)
            $0.position = position
        }
    }
}
