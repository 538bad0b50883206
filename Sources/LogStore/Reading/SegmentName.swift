package import LogFormat

/// The name of a segment file: the position of its first entry in 16 hexadecimal digits, and what kind it is.
package struct SegmentName: Hashable, Sendable {
    /// Position of the segment's first entry.
    package var firstPosition: UInt64
    package var kind: SegmentHeader.Kind

    package init(firstPosition: UInt64, kind: SegmentHeader.Kind) {
        self.firstPosition = firstPosition
        self.kind = kind
    }

    /// - Returns: nil when the name is not that of a segment.
    package init?(fileName: String) {
        let parts = fileName.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 16, let position = UInt64(parts[0], radix: 16),
            (1...Limits.position).contains(position)
        else { return nil }
        switch parts[1] {
        case "seg": kind = .raw
        case "zseg": kind = .sealed
        default: return nil
        }
        firstPosition = position
        // `+` and capitals parse as numbers too, and are not how we write.
        guard self.fileName == fileName else { return nil }
    }

    package var fileName: String {
        let digits = String(firstPosition, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits + (kind == .raw ? ".seg" : ".zseg")
    }
}
