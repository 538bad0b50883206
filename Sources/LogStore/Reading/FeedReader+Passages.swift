import LogFormat
package import StoreIO

// Reading what is left of a feed. What was damaged or is gone is named by its positions; what lies in front of it and
// behind it is given, for its own blocks prove it.
extension FeedReader {
    /// What comes after a position.
    ///
    /// - Parameters:
    ///   - position: 0 for the beginning.
    ///   - limitBytes: About how much to give.
    /// - Returns: At least one entry or one missing position; nil at the end.
    /// - Throws: `.unsupportedFormat` for what a newer program wrote; `.inputOutput`, which is never taken for damage.
    /// - Complexity: As ``entries(after:limitBytes:)``; at damage one read of each segment up to the next whole block.
    package func passage(after position: UInt64, limitBytes: Int) throws(StorageError) -> FeedPassage? {
        guard position < end.position else { return nil }
        var taken = EntryCollector(feed: directory.feed, after: position, limitBytes: limitBytes)
        var inflater = Inflater()
        var damage: StorageError?
        do throws(StorageError) {
            try forEachBlock(after: position) { (segment, row, last, block) throws(StorageError) in
                try taken.take(block, at: row, in: segment.path, through: last, using: &inflater)
                return !taken.isFull
            }
        } catch {
            guard error.code == .corrupted else { throw error }
            damage = error
        }
        if let reached = taken.reached {
            return FeedPassage(entries: taken.entries, head: reached.position == end.position ? end : reached)
        }
        let cause =
            damage
            ?? FeedDirectory.damage(.truncated, path: directory.path, positions: position + 1...end.position)
        return try passage(behind: cause, after: position, limitBytes: limitBytes)
    }

    /// The next entries that can be read at all.
    private func passage(
        behind damage: StorageError,
        after position: UInt64,
        limitBytes: Int
    ) throws(StorageError) -> FeedPassage {
        var taken = EntryCollector(feed: directory.feed, after: position, limitBytes: limitBytes)
        var inflater = Inflater()
        for (name, successor) in try segmentsLeft(after: position) where !taken.isFull {
            guard let segment = try opened(name) else {
                if taken.reached == nil { continue } else { break }
            }
            var last = min(end.position, successor.map { $0.firstPosition - 1 } ?? end.position)
            var endOffsetBytes: UInt64 = 0
            if segment.footer == nil {
                let (offsetBytes, missing) = try endOffset(of: segment, successor: successor)
                endOffsetBytes = offsetBytes
                // From where a segment that is gone began, it is what a writer left that died.
                if let missing { last = min(last, missing - 1) }
            }
            guard last > position else { continue }
            try take(of: segment, until: endOffsetBytes, through: last, into: &taken, using: &inflater)
            // What comes behind another gap is the next passage's.
            if let reached = taken.reached, reached.position < last { break }
        }
        guard let first = taken.entries.first?.reference.position, let reached = taken.reached else {
            return FeedPassage(missing: position + 1...end.position, damage: damage, entries: [], head: end)
        }
        let isBehindGap = first > position + 1
        return FeedPassage(
            missing: isBehindGap ? position + 1...first - 1 : nil,
            damage: isBehindGap ? damage : nil,
            entries: taken.entries,
            head: reached.position == end.position ? end : reached
        )
    }

    /// The segments that hold, or held, something behind a position, each with the one that follows on it.
    private func segmentsLeft(
        after position: UInt64
    ) throws(StorageError) -> [(name: SegmentName, successor: SegmentName?)] {
        let names: [SegmentName]
        do throws(StorageError) {
            names = try directory.segments()
        } catch {
            guard error.code == .corrupted else { throw error }
            return []
        }
        var left: [(name: SegmentName, successor: SegmentName?)] = []
        // Of a raw and a sealed file of the same segment, the sealed one is listed first.
        for (index, name) in names.enumerated() where index == 0 || names[index - 1].firstPosition < name.firstPosition
        {
            let next = names[index...].first { $0.firstPosition > name.firstPosition }
            let last = next.map { $0.firstPosition - 1 } ?? end.position
            if last > position, name.firstPosition <= end.position { left.append((name, next)) }
        }
        return left
    }

    /// - Returns: nil when it can not be opened, or its name is gone.
    private func opened(_ name: SegmentName) throws(StorageError) -> SegmentReader? {
        do throws(StorageError) {
            return try SegmentReader(name, in: directory)
        } catch {
            guard error.code == .corrupted || error.code == .notFound else { throw error }
            return nil
        }
    }

    /// Takes the first entries of a segment that follow each other and can be read.
    private func take(
        of segment: SegmentReader,
        until endOffsetBytes: UInt64,
        through last: UInt64,
        into taken: inout EntryCollector,
        using inflater: inout Inflater
    ) throws(StorageError) {
        for row in try segment.rowsLeft(endOffsetBytes: endOffsetBytes) where row.firstPosition <= last {
            if let reached = taken.reached, row.firstPosition > reached.position + 1 { return }
            do throws(StorageError) {
                let block = try segment.block(at: row)
                guard block.header.lastPosition > taken.position else { continue }
                try taken.take(block, at: row, in: segment.path, through: last, using: &inflater)
            } catch {
                guard error.code == .corrupted else { throw error }
                if taken.reached != nil { return }
            }
            if taken.isFull { return }
        }
    }
}
