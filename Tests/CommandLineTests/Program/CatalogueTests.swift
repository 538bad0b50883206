import StoreIO
import TestSupport
import Testing

@testable import abscope

@Suite("The message catalogue")
struct CatalogueTests {
    private static let folder =
        #filePath.split(separator: "/").dropLast(4).reduce("") { "\($0)/\($1)" } + "/Sources/abscope"
    private static let nouns = [
        "ae", "assessment", "attachment", "audit", "backup", "bundle", "calc", "case", "conflicts", "course", "doctor",
        "drug",
        "event",
        "fraction",
        "export", "import", "incident", "init", "lesion", "log", "log/quarantine", "operator", "order", "person",
        "report",
        "result", "screen", "setting",
        "site",
        "statement", "store",
        "sync", "today", "view",
    ]

    @Test("no command file holds a literal for people", arguments: nouns)
    func commandsHaveNoLiterals(noun: String) throws {
        let files = try LinuxFileSystem().listDirectory("\(Self.folder)/\(noun)").filter { $0.hasSuffix(".swift") }
        #expect(!files.isEmpty)
        for file in files {
            let text = String(decoding: try read("\(Self.folder)/\(noun)/\(file)"), as: UTF8.self)
            for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                let code = line.trimmed
                guard !code.hasPrefix("//") else { continue }
                for literal in literals(in: code) {
                    #expect(isForPrograms(literal), "\(noun)/\(file):\(index + 1): \"\(literal)\"")
                }
            }
        }
    }

    @Test("the reader of literals finds a sentence and leaves interpolations out")
    func readerOfLiterals() {
        #expect(literals(in: "note(\"There is no case.\")") == ["There is no case."])
        #expect(literals(in: "x(\"\\(say(.a)): \\(b[\"key\"])\")") == [": "])
        #expect(!isForPrograms("There is no case."))
        #expect(!isForPrograms("Case"))
        #expect(!isForPrograms("no case"))
        #expect(isForPrograms("dose_per_fraction"))
        #expect(isForPrograms(": "))
        #expect(isForPrograms("abscope case amend "))
    }

    @Test("every word of the catalogue says something", arguments: Language.allCases)
    func nothingIsEmpty(language: Language) {
        for term in Term.allCases { #expect(!term.text(in: language).isEmpty) }
        for option in OptionHelp.allCases { #expect(!option.text(in: language).isEmpty) }
        for command in CommandHelp.allCases {
            #expect(!command.text(in: language).isEmpty)
            #expect(command.discussion(in: language).contains("  abscope "), "\(command) has no example")
        }
    }

    @Test("no example holds a name or an identifier as an argument")
    func examplesNameNobody() {
        for command in CommandHelp.allCases {
            let discussion = command.discussion(in: .english)
            for option in ["--name \"", "--identifier", "--birth-date", "--contact"] {
                #expect(!discussion.contains(option), "\(command)")
            }
        }
    }

    @Test("the language comes from the first variable that names one that is spoken")
    func language() {
        #expect(Language.chosen(from: [nil, "en_GB.UTF-8"]) == .english)
        #expect(Language.chosen(from: ["xx", nil, "C"]) == .english)
        #expect(Language.chosen(from: []) == .english)
    }

    /// The string literals of a line, without what is interpolated into them.
    private func literals(in line: String) -> [String] {
        var literals: [String] = []
        var current: String?
        var depth = 0
        var isEscaped = false
        for character in line {
            if isEscaped {
                isEscaped = false
                if character == "(", current != nil { depth = 1 }
            } else if depth > 0 {
                if character == "(" { depth += 1 }
                if character == ")" { depth -= 1 }
            } else if character == "\\", current != nil {
                isEscaped = true
            } else if character == "\"" {
                if let literal = current { literals.append(literal) }
                current = current == nil ? "" : nil
            } else {
                current?.append(character)
            }
        }
        return literals
    }

    /// Keys, options, words of commands and punctuation between values are the same in every language; a capital letter
    /// or two words are for people. A command to type is not.
    private func isForPrograms(_ literal: String) -> Bool {
        if literal.hasPrefix("abscope ") || ["CTCAE 5.0", "PTV", "A", "Z"].contains(literal) { return true }
        let words = literal.split(separator: " ").filter { $0.contains(where: \.isLetter) }
        return words.count <= 1 && !literal.contains { $0.isUppercase || !$0.isASCII && $0.isLetter }
    }
}
