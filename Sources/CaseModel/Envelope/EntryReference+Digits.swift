package import LogFormat

extension EntryReference {
    /// The digest prefix as 16 hexadecimal digits: what people are shown the beginning of.
    package var digestDigits: String {
        let digits = String(digestPrefix, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
