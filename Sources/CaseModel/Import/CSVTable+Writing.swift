extension CSVTable {
    /// One row as RFC 4180 writes it, with its line end: what `init(parsing:)` reads back as the same fields.
    ///
    /// - Complexity: O(length).
    package static func row(_ fields: [String]) -> String {
        fields.map(quotedWhereNeeded).joined(separator: ",") + "\r\n"
    }

    /// In quotes where a comma, a quote or a line break would be read as something else.
    private static func quotedWhereNeeded(_ field: String) -> String {
        guard field.utf8.contains(where: { ",\"\r\n".utf8.contains($0) }) else { return field }
        var quoted = "\""
        for scalar in field.unicodeScalars {
            if scalar == "\"" { quoted.unicodeScalars.append("\"") }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }
}
