/// A reader of JSON that shares no code with the writer: says only whether the grammar of RFC 8259 holds.
struct JSONCheck {
    private var rest: Substring.UnicodeScalarView

    static func isValid(_ text: String) -> Bool {
        var check = JSONCheck(rest: Substring(text).unicodeScalars)
        return check.value() && check.rest.isEmpty
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard rest.first == scalar else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func word(_ word: String) -> Bool {
        word.unicodeScalars.allSatisfy { take($0) }
    }

    private mutating func value() -> Bool {
        switch rest.first {
        case "{": return list("}") { $0.string() && $0.take(":") && $0.value() }
        case "[": return list("]") { $0.value() }
        case "\"": return string()
        case "t": return word("true")
        case "f": return word("false")
        case "n": return word("null")
        default: return number()
        }
    }

    private mutating func list(_ end: Unicode.Scalar, _ element: (inout JSONCheck) -> Bool) -> Bool {
        rest.removeFirst()
        if take(end) { return true }
        repeat { guard element(&self) else { return false } } while take(",")
        return take(end)
    }

    private mutating func number() -> Bool {
        _ = take("-")
        let digits = rest.prefix { ("0"..."9").contains($0) }
        guard !digits.isEmpty, digits.count == 1 || digits.first != "0" else { return false }
        rest.removeFirst(digits.count)
        return true
    }

    private mutating func string() -> Bool {
        guard take("\"") else { return false }
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"": return true
            case "\\":
                guard let escape = rest.popFirst() else { return false }
                if escape == "u" {
                    let digits = rest.prefix(4)
                    guard digits.count == 4, digits.allSatisfy(\.properties.isASCIIHexDigit) else { return false }
                    rest.removeFirst(4)
                } else if !"\"\\/bfnrt".unicodeScalars.contains(escape) {
                    return false
                }
            case "\u{0}"..."\u{1F}": return false
            default: break
            }
        }
        return false
    }
}
