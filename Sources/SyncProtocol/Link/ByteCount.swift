/// Sizes as people type them.
package enum ByteCount {
    /// `700 MB`, `2G`, `64k`, `1000000`: powers of ten.
    ///
    /// - Returns: nil for anything else, for nothing, and beyond 2^64.
    package static func bytes(typed text: String) -> UInt64? {
        let scales: [Character: UInt64] = ["k": 1000, "m": 1_000_000, "g": 1_000_000_000, "t": 1_000_000_000_000]
        var rest = Substring(text.lowercased().filter { $0 != " " })
        if rest.last == "b" { rest = rest.dropLast() }
        var scale: UInt64 = 1
        if let last = rest.last, let named = scales[last] {
            scale = named
            rest = rest.dropLast()
        }
        guard rest.allSatisfy({ ("0"..."9").contains($0) }), let number = UInt64(rest), number > 0 else { return nil }
        let (bytes, isTooLarge) = number.multipliedReportingOverflow(by: scale)
        return isTooLarge ? nil : bytes
    }
}
