/// Words and members of a composite value, gathered part by part.
struct RenderedParts {
    private var words: [String] = []
    private var members: [(String, JSON)] = []

    mutating func add(_ name: String, _ value: RenderedValue, before: String = "") {
        words.append(before + value.text)
        members.append((name, value.json))
    }

    /// A member that the words already say otherwise.
    mutating func addSilently(_ name: String, _ json: JSON) {
        members.append((name, json))
    }

    func joined(by separator: String = ", ") -> RenderedValue {
        RenderedValue(words.filter { !$0.isEmpty }.joined(separator: separator), .object(members))
    }
}
