import CaseModel

/// A JSON value whose members keep the order they were given in, so that output is stable.
///
/// Decimals of the record are strings: a double would change them.
indirect enum JSON: Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// Digits of a number, as they are: what was computed and is no part of the record.
    case number(String)
    case string(String)
    case array([JSON])
    case object([(String, JSON)])

    init(_ text: String?) { self = text.map(JSON.string) ?? .null }
    init(_ number: (some BinaryInteger)?) { self = number.map { .integer(Int64(clamping: $0)) } ?? .null }

    /// Compact JSON on one line, valid UTF-8 and harmless on a terminal: besides what RFC 8259 asks for, every control,
    /// line-separator and direction character is written as an escape.
    ///
    /// - Complexity: O(length).
    var text: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .number(let digits): text += digits
        case .string(let value): text += Self.quoted(value)
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                value.write(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                text += Self.quoted(member.0)
                text += ":"
                member.1.write(to: &text)
            }
            text += "}"
        }
    }

    private static func quoted(_ text: String) -> String { JSONValue.quoted(text, escaping: \.isUnsafeOnTerminal) }
}
