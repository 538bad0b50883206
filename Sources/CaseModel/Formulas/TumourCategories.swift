/// T, N and M of one staging, as typed: `T2a`, `cN2`, `ypM0`.
package struct TumourCategories: Hashable, Sendable {
    /// `TX`, `Tis`, `T1mi`, `T2a`.
    package let tumour: String
    /// `NX`, `N0`, `N2a`.
    package let nodes: String
    /// `MX`, `M0`, `M1c1`.
    package let metastases: String
    /// How each was found: `c`, `p`, `yp`; empty where that was not typed.
    package let prefixes: (tumour: String, nodes: String, metastases: String)

    /// Reads the three in any order, each exactly once.
    ///
    /// - Throws: `.illFormedValue` for a category that no edition has, one that is missing and one that comes twice.
    package init(parsing texts: [String]) throws(RecordError) {
        var found: [Character: (prefix: String, category: String)] = [:]
        for text in texts {
            let (prefix, category) = try Self.split(text)
            guard let kind = category.first, found.updateValue((prefix, category), forKey: kind) == nil else {
                throw Self.refused(text, "One of each is needed: T, N and M.")
            }
        }
        guard let tumour = found["T"], let nodes = found["N"], let metastases = found["M"] else {
            let missing = ["T", "N", "M"].filter { found[Character($0)] == nil }
            throw RecordError(
                .illFormedValue,
                "\(missing.joined(separator: " and ")) is missing.",
                remedy: "Write all three, for example T2a N2 M0; X where it was not assessed."
            )
        }
        self.tumour = tumour.category
        self.nodes = nodes.category
        self.metastases = metastases.category
        prefixes = (tumour.prefix, nodes.prefix, metastases.prefix)
    }

    /// Categories of any edition.
    private static let known: [Character: Set<String>] = [
        "T": ["x", "0", "is", "1", "1mi", "1a", "1b", "1c", "2", "2a", "2b", "3", "4"],
        "N": ["x", "0", "1", "2", "2a", "2b", "3"], "M": ["x", "0", "1", "1a", "1b", "1c", "1c1", "1c2"],
    ]
    /// Clinical, pathological, at autopsy, after treatment, at recurrence; the last two before the first two.
    private static let prefixes: Set<String> = ["", "c", "p", "a", "yc", "yp", "y", "r", "rc", "rp"]

    private static func split(_ text: String) throws(RecordError) -> (prefix: String, category: String) {
        let typed = TypedText.folded(text)
        let lowered = typed.lowercased()
        guard let index = lowered.firstIndex(where: { "tnm".contains($0) }) else {
            throw refused(text, "Write T, N or M and its category, for example T2a.")
        }
        let kind = Character(lowered[index].uppercased())
        let prefix = String(lowered[..<index])
        let rest = String(lowered[lowered.index(after: index)...])
        guard prefixes.contains(prefix) else {
            throw refused(text, "Before the letter stands c, p, a, y or r, or nothing.")
        }
        guard let categories = known[kind], categories.contains(rest) else {
            let names = (known[kind] ?? []).sorted().map { "\(kind)\($0 == "x" ? "X" : $0)" }
            throw refused(text, "\(kind) is one of \(names.joined(separator: " ")).")
        }
        return (prefix, "\(kind)\(rest == "x" ? "X" : rest)")
    }

    private static func refused(_ text: String, _ remedy: String) -> RecordError {
        RecordError(.illFormedValue, "\"\(text)\" is not a category.", remedy: remedy)
    }

    package static func == (left: TumourCategories, right: TumourCategories) -> Bool {
        left.parts == right.parts
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(parts) }

    private var parts: [String] { [tumour, nodes, metastases, prefixes.tumour, prefixes.nodes, prefixes.metastases] }
}
