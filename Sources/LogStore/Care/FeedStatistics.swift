package import LogFormat
package import StoreIO

/// How much room a feed takes.
package struct FeedStatistics: Hashable, Sendable {
    package var rawSegments = 0
    package var sealedSegments = 0
    /// Entries in segments, whether attested or not.
    package var entries: UInt64 = 0
    /// Entries with their length fields, before compression. Known exactly for sealed segments; for raw ones their bytes.
    package var rawBytes: UInt64 = 0
    /// What the files hold.
    package var storedBytes: UInt64 = 0
    /// When the oldest segment was made, as its machine believed.
    package var oldestMilliseconds: Int64?
    /// When each segment was filled.
    private var spans: [Span] = []

    /// From when a segment was made until the next of its feed was; nil for the last, which is still filled.
    private struct Span: Hashable {
        var begin: Int64
        var end: Int64?
        var storedBytes: UInt64
    }

    /// Growth is that of so many days.
    package static let growthDays: Int64 = 30
    private static let dayMilliseconds: Int64 = 86_400_000

    package init() {}

    /// Stored bytes for each raw byte; nil without entries.
    package var ratio: Double? { rawBytes == 0 ? nil : Double(storedBytes) / Double(rawBytes) }

    /// What both take together.
    package mutating func add(_ other: FeedStatistics) {
        rawSegments += other.rawSegments
        sealedSegments += other.sealedSegments
        entries += other.entries
        rawBytes += other.rawBytes
        storedBytes += other.storedBytes
        if let oldest = other.oldestMilliseconds { oldestMilliseconds = min(oldestMilliseconds ?? .max, oldest) }
        spans += other.spans
    }

    /// How many bytes a day came on average in the last ``growthDays`` days, or since the oldest segment was made where that
    /// is less. A segment counts as filled evenly from when it was made here until the next one was; sealing makes it
    /// smaller afterwards.
    ///
    /// - Parameter now: Milliseconds since 1970.
    /// - Returns: nil without a segment, and in its first day, which says nothing about the next.
    package func storedBytesPerDay(at now: Int64) -> UInt64? {
        guard let oldest = oldestMilliseconds else { return nil }
        let (age, overflow) = now.subtractingReportingOverflow(oldest)
        guard !overflow, age >= Self.dayMilliseconds else { return nil }
        let period = min(age, Self.growthDays * Self.dayMilliseconds)
        let start = now - period
        var bytes = 0.0
        for span in spans {
            let end = min(span.end ?? now, now)
            guard end > start else { continue }
            // Clocks go back: what has no length came at once.
            let length = Double(end) - Double(span.begin)
            bytes +=
                Double(span.storedBytes) * (length > 0 ? (Double(end) - Double(max(span.begin, start))) / length : 1)
        }
        return UInt64(bytes * Double(Self.dayMilliseconds) / Double(period))
    }

    /// Looks at a feed's segments.
    ///
    /// - Parameters:
    ///   - directory: The feed.
    ///   - slot: Its published head.
    /// - Throws: `.corrupted`, `.unsupportedFormat`, `.inputOutput`.
    /// - Complexity: One to three reads a segment.
    package init(_ directory: FeedDirectory, slot: HeadsSlot) throws(StorageError) {
        let names = try directory.segments()
        var seen: UInt64 = 0
        var successors: [UInt64: UInt64] = [:]
        var readers: [SegmentReader] = []
        for name in names where name.firstPosition != seen {
            seen = name.firstPosition
            let reader = try SegmentReader(name, in: directory)
            readers.append(reader)
            if let before = reader.header.predecessor { successors[before.firstPosition] = before.endOffsetBytes }
        }
        for (index, reader) in readers.enumerated() {
            let before = storedBytes
            oldestMilliseconds = min(oldestMilliseconds ?? .max, reader.header.createdMilliseconds)
            if let footer = reader.footer {
                sealedSegments += 1
                rawBytes += footer.rawBytes
                storedBytes += try reader.sizeBytes()
            } else {
                rawSegments += 1
                let name = reader.name.firstPosition
                let named =
                    name == slot.segment ? slot.durableBytes : successors[name] ?? UInt64(SegmentHeader.lengthBytes)
                // No more than there is, whatever HEADS or the next segment says.
                let end = min(named, try reader.sizeBytes())
                storedBytes += end
                rawBytes += end - min(end, UInt64(SegmentHeader.lengthBytes))
            }
            let next = index + 1 < readers.count ? readers[index + 1].header.createdMilliseconds : nil
            spans.append(
                Span(begin: reader.header.createdMilliseconds, end: next, storedBytes: storedBytes - before)
            )
        }
        if let first = readers.first {
            entries = slot.stored.position - min(slot.stored.position, first.header.previous.position)
        }
    }
}
