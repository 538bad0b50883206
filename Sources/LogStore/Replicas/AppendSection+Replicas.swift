import LogFormat
import StoreIO

extension AppendSection {
    /// Takes back what is stored of a feed beyond a head: what lies behind goes to quarantine, and writing goes on from
    /// there in a new segment.
    ///
    /// The cut head is published first, as that of a poisoned segment, so that a crash anywhere leaves nothing that could
    /// be taken for the feed's end. Nothing is truncated or written over.
    ///
    /// - Parameters:
    ///   - slot: The feed's slot.
    ///   - head: The new end, proven by the chain, at most the stored one.
    /// - Throws: `.noSpace`, `.inputOutput`; `.corrupted` when not even the segment of `head` can be followed.
    func cutBack(_ slot: HeadsSlot, to head: FeedHead) throws(StorageError) {
        let directory = directory(slot.feed, branch: slot.branch)
        var cut = slot
        cut.stored = head
        if slot.attested.position > head.position { cut.attested = head }
        cut.isPoisoned = true
        cut.isDamaged = false
        cut.segment = 0
        cut.durableBytes = 0
        var kept: SegmentReader?
        if head.position > 0 {
            let names = try directory.segments()
            guard
                let name = names.first(where: { name in
                    name.firstPosition == names.last { $0.firstPosition <= head.position }?.firstPosition
                })
            else {
                throw FeedDirectory.damage(.truncated, path: directory.path, positions: 1...head.position)
            }
            let segment = try SegmentReader(name, in: directory)
            let size = try segment.sizeBytes()
            guard let row = try segment.row(holding: head.position, endOffsetBytes: size)?.row else {
                throw FeedDirectory.damage(.truncated, path: segment.path, positions: head.position...head.position)
            }
            cut.segment = name.firstPosition
            cut.durableBytes = segment.footer?.rawEndOffsetBytes ?? row.offsetBytes + UInt64(row.lengthBytes)
            kept = segment
        }
        cut.writtenBytes = cut.durableBytes
        try publish(cut)
        try heads.synchronize()
        if let kept, kept.footer == nil {
            let file = try fileSystem.openFile(kept.path, .read)
            let end = try file.status().sizeBytes
            _ = try quarantine.copy(of: file, from: cut.durableBytes, to: end, feed: slot.feed, nonce: nonce())
        }
        try setAsideSegments(behind: cut)
    }

    /// Gives up all that is stored of a feed: nothing of it is known afterwards, and it begins anew when it is pulled.
    ///
    /// - Throws: `.noSpace`, `.inputOutput`.
    func giveUp(_ slot: HeadsSlot) throws(StorageError) {
        if try fileSystem.exists(directory(slot.feed, branch: slot.branch).path) {
            var empty = slot
            empty.segment = 0
            try setAsideSegments(behind: empty)
        }
        // Last: a kill before leaves a feed without segments, which is found to be damaged again.
        try forget(slot.feed, branch: slot.branch)
    }

    /// Sets aside what a process left of a feed that it cut back, because it was killed or the disk failed.
    ///
    /// - Throws: `.noSpace`, `.inputOutput`.
    func finishCuttingBack(_ slot: HeadsSlot) throws(StorageError) {
        let names = try directory(slot.feed, branch: slot.branch).segments()
        guard names.contains(where: { $0.firstPosition > slot.segment }) else { return }
        // The cut head may not be durable, and a power cut must not bring back the old one. It is written anew: after a
        // sync that failed, a later one may have nothing left to write.
        try publish(slot)
        try heads.synchronize()
        try setAsideSegments(behind: slot)
    }

    /// Moves segments away that begin behind a cut head's segment. Who keeps any of the feed has made that head durable.
    private func setAsideSegments(behind slot: HeadsSlot) throws(StorageError) {
        let directory = directory(slot.feed, branch: slot.branch)
        for name in try directory.segments().reversed() where name.firstPosition > slot.segment {
            try quarantine.move(name, of: directory, nonce: nonce())
        }
        open[OpenKey(feed: slot.feed, branch: slot.branch)] = nil
    }
}
