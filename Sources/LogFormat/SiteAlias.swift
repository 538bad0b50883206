/// What people call a site, and how the numbers of its cases begin: 2 to 8 letters A to Z, such as `GY`.
///
/// The one rule for command line, log, roster and case numbers. The digits of a case number follow the alias directly
/// after a hyphen, so it has none itself.
package enum SiteAlias {
    /// How many letters.
    package static let length = 2...8
    /// The rule, as the end of a sentence.
    package static let rule = "2 to 8 capital letters A to Z, for example GY"

    package static func isValid(_ text: String) -> Bool {
        let letters = UInt8(ascii: "A")...UInt8(ascii: "Z")
        return length.contains(text.utf8.count) && text.utf8.allSatisfy(letters.contains)
    }
}
