/// Sizes as people type them.
enum ByteCount {
    /// `700 MB`, `2G`, `64k`, `1000000`: powers of ten, as ``Quantities/bytes(_:)`` writes them.
    ///
    /// - Throws: ``Failure`` 64 for anything else, and for nothing.
    static func bytes(typed text: String) throws -> UInt64 {
        let scales: [Character: UInt64] = ["k": 1000, "m": 1_000_000, "g": 1_000_000_000, "t": 1_000_000_000_000]
        var rest = Substring(text.lowercased().filter { $0 != " " })
        if rest.last == "b" { rest = rest.dropLast() }
        var scale: UInt64 = 1
        if let last = rest.last, let named = scales[last] {
            scale = named
            rest = rest.dropLast()
        }
        let (bytes, isTooLarge) = (UInt64(rest) ?? 0).multipliedReportingOverflow(by: scale)
        guard !isTooLarge, bytes > 0, rest.allSatisfy({ ("0"..."9").contains($0) }) else {
            throw Failure(.usage, .bundle(.notASize(text)))
        }
        return bytes
    }
}
