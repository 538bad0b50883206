/// Finds the keys a configuration file sets, so that a misspelt one is reported and not silently without effect.
///
/// The configuration library looks up what it is asked for and does not list what is there. Files of this program are
/// mappings with scalars and lists of scalars, one setting a line; anything else is refused.
enum YAMLKeys {
    struct Setting: Hashable {
        /// Full name, such as `log.level`.
        var key: String
        var line: Int
    }

    /// - Throws: ``DaemonFailure`` for a line that is neither a setting, an item of a list, nor a comment.
    static func find(in text: String, of path: String) throws -> [Setting] {
        var open: [(indent: Int, key: String)] = []
        var found: [Setting] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let indent = line.prefix { $0 == " " }.count
            let content = line.dropFirst(indent)
            guard let first = content.first, first != "#", first != "\r", content != "---" else { continue }
            if first == "-", content.count == 1 || content.dropFirst().first == " " { continue }
            guard let colon = content.firstIndex(of: ":") else { throw notUnderstood(path, index + 1) }
            let after = content[content.index(after: colon)...].drop { $0 == " " }
            let plain = !["{", "&", "*", "|", ">", "!"].contains(after.first ?? " ")
            guard plain, content[..<colon].allSatisfy({ $0.isLetter || $0.isNumber || "-_.".contains($0) }) else {
                throw notUnderstood(path, index + 1)
            }
            open.removeAll { $0.indent >= indent }
            open.append((indent, String(content[..<colon])))
            let setting = Setting(key: open.map(\.key).joined(separator: "."), line: index + 1)
            if let earlier = found.first(where: { $0.key == setting.key }) {
                throw DaemonFailure(
                    .configuration,
                    "\(path), line \(setting.line): '\(setting.key)' is set in line \(earlier.line) already."
                )
            }
            found.append(setting)
        }
        // A key with nothing but keys below it is a name, not a setting.
        return found.filter { one in !found.contains { $0.key.hasPrefix(one.key + ".") } }
    }

    private static func notUnderstood(_ path: String, _ line: Int) -> DaemonFailure {
        DaemonFailure(
            .configuration,
            "\(path), line \(line) is not understood: write 'name: value', or '- item' below a name."
        )
    }
}
