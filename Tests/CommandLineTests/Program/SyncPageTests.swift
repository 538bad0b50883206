import Testing

@testable import abscope

/// `docs/sync.md` promises every word of `sync status`, and of what belongs to it: each sentence in the sources, in the words
/// around what is put into it, stands there in one paragraph, row or line.
@Suite("The page of sync")
struct SyncPageTests {
    private static let root = #filePath.split(separator: "/").dropLast(4).reduce("") { "\($0)/\($1)" }
    private static let catalogue = "Sources/abscope/Catalogue/English/"

    @Test(
        "has every sentence that is printed of sites, the link and the daemon",
        arguments: [
            ("FleetMessage+English.swift", [""]), ("LinkMessage+English.swift", [""]),
            ("Message+English.swift", [".sync", ".daemon", ".peerNotes", ".frontierIs"]),
            ("BundleMessage+English.swift", [".notesDamaged"]),
        ]
    )
    func catalogue(file: String, names: [String]) throws { try expectOnPage(Self.catalogue + file, names) }

    @Test(
        "has every reason why there is no connection",
        arguments: [
            "Sources/SyncProtocol/Session/SyncAction.swift", "Sources/SyncService/Transport/DialFailure.swift",
        ]
    )
    func reasons(file: String) throws { try expectOnPage(file, [""]) }

    @Test("has every word of how a link stands")
    func words() throws {
        let link = try cases(of: "Sources/abscope/sync/LinkReport+Telling.swift").compactMap(\.parts.first)
        #expect(link == ["open", "waiting", "day-spent", "month-spent"])
        let page = try text("docs/sync.md")
        for word in link { #expect(page.contains("`\(word)`"), "\(word)") }
    }

    @Test("is searched for the words around what is put in, and for what may be put in")
    func partsOfASentence() {
        #expect(
            parts(of: #"case .a(let n): "\(n == 1 ? "1 entry is" : "\(n) entries are") here, " + "\(x[1]).""#) == [
                "entries are", "here",
            ]
        )
        #expect(parts(of: #"case .b: "See `abscope site list`: (\"x\")""#) == ["See abscope site list: (\"x"])
        let page = blocks(of: "| *2 entries are* |\n| here |\n\nThe entries are\nhere.\n")
        #expect(page == ["| 2 entries are |", "| here |", "The entries are here."])
    }

    private func expectOnPage(_ file: String, _ names: [String]) throws {
        let page = blocks(of: try text("docs/sync.md"))
        let asked = try cases(of: file).filter { one in names.contains { one.name.hasPrefix($0) } }
        #expect(!asked.isEmpty)
        for name in names { #expect(asked.contains { $0.name.hasPrefix(name) }, "\(file) has no \(name)") }
        for one in asked {
            #expect(
                page.contains { block in one.parts.allSatisfy { block.contains($0) } },
                "docs/sync.md has nowhere together, for \(one.name) of \(file): \(one.parts)"
            )
        }
    }

    private func text(_ path: String) throws -> String {
        String(decoding: try read("\(Self.root)/\(path)"), as: UTF8.self)
    }

    /// The cases of a source file that say something, each with what stands in its string literals.
    private func cases(of file: String) throws -> [(name: String, parts: [String])] {
        var cases: [String] = []
        for line in try text(file).split(separator: "\n").map(\.trimmed) where !line.hasPrefix("//") {
            if line.hasPrefix("case ") {
                cases.append(line)
            } else if !cases.isEmpty {
                cases[cases.count - 1] += " " + line
            }
        }
        return cases.map { (String($0.dropFirst(5).prefix { $0 != ":" }), parts(of: $0)) }.filter { !$0.parts.isEmpty }
    }

    /// The parts of the string literals in a piece of code that people read: without what is interpolated, but with the
    /// literals in it; without the form for one, which begins with 1, and without what is no word.
    private func parts(of code: String) -> [String] {
        /// A literal that is read, and in its interpolations the number of open brackets.
        var open: [Int] = []
        var (part, isLiteral, isEscaped) = ("", false, false)
        var parts: [String] = []
        func end() {
            parts.append(part)
            part = ""
        }
        for character in code {
            if isEscaped {
                isEscaped = false
                if character == "(" {
                    end()
                    open.append(1)
                    isLiteral = false
                } else {
                    part.append(character)
                }
            } else if isLiteral {
                if character == "\\" {
                    isEscaped = true
                } else if character == "\"" {
                    end()
                    isLiteral = false
                } else {
                    part.append(character)
                }
            } else if character == "\"" {
                isLiteral = true
            } else if let depth = open.last {
                if character == "(" { open[open.count - 1] = depth + 1 }
                if character == ")" {
                    open[open.count - 1] = depth - 1
                    if depth == 1 {
                        open.removeLast()
                        isLiteral = true
                    }
                }
            }
        }
        return parts.filter { !$0.hasPrefix("1 ") }.map(plain).map(bare).filter { $0.contains(where: \.isLetter) }
    }

    /// Without the spaces and signs at its ends.
    private func bare(_ part: String) -> String {
        let signs = Array(part)
        guard let first = signs.firstIndex(where: \.isLetterOrNumber),
            let last = signs.lastIndex(where: \.isLetterOrNumber)
        else { return "" }
        return String(signs[first...last])
    }

    /// Without what sets words off from others, and with single spaces.
    private func plain(_ text: String) -> String {
        text.filter { $0 != "`" && $0 != "*" }.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// The paragraphs, rows and lines of code of a page: what a reader sees together.
    private func blocks(of page: String) -> [String] {
        var blocks: [String] = []
        var (paragraph, isCode) = ("", false)
        func end() {
            let block = plain(paragraph)
            if !block.isEmpty { blocks.append(block) }
            paragraph = ""
        }
        for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
            let isAlone = isCode || line.hasPrefix("|") || line.hasPrefix("* ") || line.hasPrefix("#")
            if line.hasPrefix("```") { isCode.toggle() }
            if line.isEmpty || isAlone { end() }
            paragraph += " " + line
            if isCode || line.hasPrefix("|") { end() }
        }
        end()
        return blocks
    }
}

extension Character {
    fileprivate var isLetterOrNumber: Bool { isLetter || isNumber }
}
