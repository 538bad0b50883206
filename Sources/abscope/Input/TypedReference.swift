import CaseModel

/// A reference as somebody typed it, before it is looked up. See ``RecordNames`` for the form.
struct TypedReference: Equatable, Sendable {
    /// Alias, or the first digits of a site id.
    var site: String
    var epochLetters: String?
    var lane: UInt8
    var position: UInt64
    /// The first digits of the digest, lower case; nil where they were left out.
    var digest: String?
    var change: UInt32

    /// - Returns: nil for what is no reference.
    init?(_ typed: String) {
        var text = TypedText.folded(typed)[...]
        change = 0
        if let plus = text.lastIndex(of: "+") {
            guard let index = UInt32(text[text.index(after: plus)...]) else { return nil }
            change = index
            text = text[..<plus]
        }
        digest = nil
        if let dash = text.lastIndex(of: "-") {
            let digits = text[text.index(after: dash)...].lowercased()
            guard (4...16).contains(digits.utf8.count), digits.allSatisfy(\.isHexDigit) else { return nil }
            digest = digits
            text = text[..<dash]
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (3...4).contains(parts.count), !parts[0].isEmpty,
            let lane = UInt8(parts[parts.count - 2]), let position = UInt64(parts[parts.count - 1]), position > 0
        else { return nil }
        site = String(parts[0])
        epochLetters = parts.count == 4 ? parts[1].uppercased() : nil
        self.lane = lane
        self.position = position
    }
}
