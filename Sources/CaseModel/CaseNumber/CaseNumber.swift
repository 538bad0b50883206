package import LogFormat

/// What people call a case: the alias of the site that created it, the position of the creating entry in that site's
/// records feed, and a check character: `GY-1342R`. From the site's second epoch on two letters of the epoch stand
/// between: `GY-QX1342N`. Nothing is allocated, so no two sites can make the same one.
package struct CaseNumber: Hashable, Sendable {
    /// As ``SiteAlias`` says.
    package let alias: String
    /// Two letters; nil in a site's first epoch.
    package let epochLetters: String?
    /// From 1.
    package let position: UInt64

    /// - Parameters:
    ///   - alias: of the site, in either case.
    ///   - epochLetters: nil for the first epoch of the site; see ``letters(of:)``.
    ///   - position: of the entry that created the case.
    /// - Throws: `.illFormedValue` for an alias that ``SiteAlias`` refuses, or position 0.
    package init(alias: String, epochLetters: String?, position: UInt64) throws(RecordError) {
        let alias = alias.uppercased()
        guard SiteAlias.isValid(alias) else {
            throw RecordError(.illFormedValue, "\"\(alias)\" is no site alias: it is \(SiteAlias.rule).")
        }
        guard position >= 1, epochLetters.map(Self.areEpochLetters) ?? true else {
            throw RecordError(.illFormedValue, "A case number needs a position from 1 and two letters of an epoch.")
        }
        self.alias = alias
        self.epochLetters = epochLetters
        self.position = position
    }

    /// The two letters that stand for an epoch: its first two bytes, each modulo 26, A being 0.
    package static func letters(of epoch: EpochID) -> String {
        String(decoding: epoch.bytes.prefix(2).map { UInt8(ascii: "A") + $0 % 26 }, as: UTF8.self)
    }

    /// A to Z. See ``CheckCharacter``.
    package var check: Character { CheckCharacter.compute(over: payload) }

    private var payload: String {
        alias + (epochLetters ?? "") + String(position)
    }

    private static func areEpochLetters(_ text: String) -> Bool {
        text.utf8.count == 2 && text.utf8.allSatisfy((UInt8(ascii: "A")...UInt8(ascii: "Z")).contains)
    }
}

extension CaseNumber {
    /// Reads a case number as typed: either case, full-width characters too.
    ///
    /// - Throws: `.illFormedValue` that says which part is wrong: the form, a missing check character, or a check
    ///   character that does not fit, which means a typing error somewhere in the number.
    package init(parsing text: String) throws(RecordError) {
        let typed = TypedText.folded(text).uppercased()
        func refused(_ message: String) -> RecordError {
            RecordError(.illFormedValue, message, remedy: "A case number looks like GY-1342R.")
        }
        let parts = typed.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, var last = parts.last, !last.isEmpty else {
            throw refused("\"\(text)\" is not a case number.")
        }
        let check = last.removeLast()
        guard check.isASCII, check.isLetter else {
            throw refused("The case number \"\(text)\" lacks the letter at its end.")
        }
        let letters = last.prefix { !$0.isNumber }
        let digits = last.dropFirst(letters.count)
        guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }), digits.first != "0",
            let position = UInt64(digits)
        else { throw refused("\"\(text)\" is not a case number: before the last letter stand digits only.") }
        try self.init(
            alias: String(parts[0]),
            epochLetters: letters.isEmpty ? nil : String(letters),
            position: position
        )
        guard self.check == check else {
            throw RecordError(
                .illFormedValue,
                "The case number \"\(text)\" has a typing error: its last letter does not fit the rest.",
                remedy: "Compare it with the paper, or look for the case with `case find`."
            )
        }
    }
}

extension CaseNumber: CustomStringConvertible {
    package var description: String {
        alias + "-" + (epochLetters ?? "") + String(position) + String(check)
    }
}
