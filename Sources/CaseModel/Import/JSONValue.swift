/// A JSON value as a setting or a mapping holds it. Numbers stay text, so that nothing is rounded on the way.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSONValue])
    /// In the order of the file; each name once.
    case object([Member])

    package struct Member: Hashable, Sendable {
        package var name: String
        package var value: JSONValue

        package init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// The member of an object; nil when there is none.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    package var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    package var array: [JSONValue]? {
        if case .array(let values) = self { values } else { nil }
    }

    package var members: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }
}

extension JSONValue {
    /// The canonical text: names ascending by their bytes, no white space, only what must be escaped is.
    package var canonical: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let text): text
        case .string(let text): Self.quoted(text)
        case .array(let values): "[" + values.map(\.canonical).joined(separator: ",") + "]"
        case .object(let members):
            "{"
                + members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
                .map { Self.quoted($0.name) + ":" + $0.value.canonical }.joined(separator: ",") + "}"
        }
    }

    /// A JSON string (RFC 8259, section 7), with the escapes that must be.
    ///
    /// - Parameters:
    ///   - text: What it says.
    ///   - escaping: Further characters that are written as escapes.
    /// - Returns: The text in quotation marks.
    /// - Complexity: O(length).
    package static func quoted(_ text: String, escaping: (Unicode.Scalar) -> Bool = { _ in false }) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || escaping(scalar):
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
