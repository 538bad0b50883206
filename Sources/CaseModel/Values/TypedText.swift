/// What a person typed, folded to plain characters before it is read as a number or a date.
package enum TypedText {
    /// Full-width forms (U+FF01 to U+FF5E) become ASCII, white space at the ends goes. The stored text is never folded.
    package static func folded(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0xFF01...0xFF5E: scalars.append(Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar)
            case 0x3000: scalars.append(" ")
            default: scalars.append(scalar)
            }
        }
        let trimmed = scalars.drop { $0.properties.isWhitespace }
        guard let last = trimmed.lastIndex(where: { !$0.properties.isWhitespace }) else { return "" }
        return String(trimmed[...last])
    }
}
