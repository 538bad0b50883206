/// What HEADS holds twice: its header, or the slot of a feed.
package protocol HeadsUnit: Hashable, Sendable {
    /// Grows by one with every write of the pair; also says to which of the two places it is written.
    var generation: UInt64 { get }

    /// Reads one of the two.
    init(decoding bytes: RawSpan, index: Int) throws(FormatError)

    /// Whether both can be states of the same thing.
    func isSameSubject(as other: Self) -> Bool
}

/// Two units of 512 bytes that are written in turn: generation `g`, which begins at 1, to the one with number `g % 2`.
///
/// What a writer leaves is both units valid, each at its place, with generations that differ by one; or generation 1
/// beside a unit that is all zero; or two of them, never written. Anything else is damage, or a write that a kill or a
/// power cut broke off: then the newer one of the two may be the one that is gone, and what is left is a lower bound.
package struct HeadsPair<Unit: HeadsUnit>: Hashable, Sendable {
    /// The valid unit with the higher generation; nil when there is none.
    package var newest: Unit?
    /// Whether the pair is what a writer leaves, so that ``newest`` is what was written last.
    package var isConsistent: Bool

    /// Reads a pair.
    ///
    /// - Parameters:
    ///   - bytes: 1024 bytes, or as many of them as the file has.
    ///   - index: The feed's number in the file; 0 for the header.
    /// - Throws: `.unsupportedVersion`, `.unsupportedFeature`: a newer program wrote it. No other bytes are refused.
    package init(decoding bytes: RawSpan, index: Int) throws(FormatError) {
        let first = try Self.unit(0, of: bytes, index: index)
        let second = try Self.unit(1, of: bytes, index: index)
        switch (first.unit, second.unit) {
        case (nil, nil):
            newest = nil
            isConsistent = first.isEmpty && second.isEmpty
        case (nil, let odd?):
            newest = odd
            isConsistent = first.isEmpty && odd.generation == 1
        case (let even?, nil):
            newest = even
            isConsistent = false
        case (let even?, let odd?):
            let (older, newer) = even.generation < odd.generation ? (even, odd) : (odd, even)
            newest = newer
            isConsistent =
                even.generation % 2 == 0 && odd.generation % 2 == 1 && newer.generation - older.generation == 1
                && newer.isSameSubject(as: older)
        }
    }

    /// One of the two: nil when it is none, and whether that is because it is all zero.
    private static func unit(
        _ number: Int,
        of bytes: RawSpan,
        index: Int
    ) throws(FormatError) -> (unit: Unit?, isEmpty: Bool) {
        let length = HeadsHeader.unitLengthBytes
        guard bytes.byteCount >= (number + 1) * length else { return (nil, false) }
        let unit = bytes.extracting(number * length..<(number + 1) * length)
        if unit.isZero(0..<length) { return (nil, true) }
        do throws(FormatError) {
            return (try Unit(decoding: unit, index: index), false)
        } catch {
            guard error != .unsupportedVersion, error != .unsupportedFeature else { throw error }
            return (nil, false)
        }
    }

    /// As ``init(decoding:index:)-(RawSpan,_)``.
    package init(decoding bytes: [UInt8], index: Int) throws(FormatError) {
        try self.init(decoding: unsafe bytes.span.bytes, index: index)
    }
}
