/// What a pipe says, one `key: value` to a line.
///
/// Empty lines and lines that begin with `#` are skipped. A key is known or refused: a value that nobody reads would
/// be lost without a word.
struct KeyValueLines {
    private var values: [String: String] = [:]

    /// `keys`: the keys the command knows.
    /// - Throws: 65 naming the line when it has no colon, an unknown key, or a key said twice.
    init(parsing text: String, keys: [String]) throws {
        for (index, raw) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = raw.trimmed
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            let place = say(.lineNumber(index + 1))
            guard let colon = line.firstIndex(where: { $0 == ":" || $0 == "：" }) else {
                throw Failure(.dataError, .lineWithoutColon, remedy: .knownKeys(keys), at: place)
            }
            let key = line[..<colon].trimmed.lowercased()
            guard keys.contains(key) else {
                let near = Suggestion.nearest(to: key, among: keys)
                throw Failure(.dataError, .unknownKey(key, near: near), remedy: .knownKeys(keys), at: place)
            }
            guard values[key] == nil else { throw Failure(.dataError, .keyTwice(key), at: place) }
            let value = line[line.index(after: colon)...].trimmed
            if !value.isEmpty { values[key] = value }
        }
    }

    subscript(key: String) -> String? { values[key] }
}
