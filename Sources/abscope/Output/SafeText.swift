extension Unicode.Scalar {
    /// True for what a terminal obeys or hides instead of showing: control characters, line separators, and the
    /// characters that turn or isolate the direction of text (CVE-2021-42574).
    var isUnsafeOnTerminal: Bool {
        switch value {
        case 0x00...0x1F, 0x7F...0x9F: true
        case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        case 0xE0000...0xE007F, 0xFFF9...0xFFFB: true
        default: false
        }
    }
}

extension String {
    /// The text with every character that a terminal would obey shown as an escape (`\u{1B}`), on one line.
    ///
    /// Whatever comes from a record, a file, another site or the command line goes through here before it is printed.
    var safeForTerminal: String {
        guard unicodeScalars.contains(where: \.isUnsafeOnTerminal) else { return self }
        var safe = ""
        for scalar in unicodeScalars {
            if scalar.isUnsafeOnTerminal {
                safe += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
            } else {
                safe.unicodeScalars.append(scalar)
            }
        }
        return safe
    }
}
