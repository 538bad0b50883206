extension JSONValue {
    /// Reads one JSON text, strictly: UTF-8, each name of an object once, nothing after the value, 64 levels.
    ///
    /// - Throws: `.illFormedFile` with line and column.
    /// - Complexity: O(bytes).
    package init(parsing bytes: [UInt8]) throws(RecordError) {
        try UTF8Position.refuseInvalid(in: bytes)
        var parser = Parser(bytes: bytes)
        self = try parser.document()
    }

    private struct Parser {
        let bytes: [UInt8]
        var index = 0

        mutating func document() throws(RecordError) -> JSONValue {
            let value = try value(depth: 0)
            skipSpace()
            guard index == bytes.count else { throw unexpected("the end") }
            return value
        }

        private mutating func value(depth: Int) throws(RecordError) -> JSONValue {
            skipSpace()
            guard depth < 64 else { throw unexpected("fewer levels") }
            switch peek {
            case UInt8(ascii: "{"): return try object(depth: depth)
            case UInt8(ascii: "["): return try array(depth: depth)
            case UInt8(ascii: "\""): return .string(try string())
            case UInt8(ascii: "t"): return try word("true", .bool(true))
            case UInt8(ascii: "f"): return try word("false", .bool(false))
            case UInt8(ascii: "n"): return try word("null", .null)
            default: return try number()
            }
        }

        private mutating func object(depth: Int) throws(RecordError) -> JSONValue {
            index += 1
            var members: [Member] = []
            var names = Set<String>()
            skipSpace()
            if take("}") { return .object([]) }
            repeat {
                skipSpace()
                guard peek == UInt8(ascii: "\"") else { throw unexpected("a name in quotes") }
                let name = try string()
                guard names.insert(name).inserted else { throw unexpected("\"\(name)\" only once") }
                skipSpace()
                guard take(":") else { throw unexpected("a colon") }
                members.append(Member(name, try value(depth: depth + 1)))
                skipSpace()
            } while take(",")
            guard take("}") else { throw unexpected("a comma or }") }
            return .object(members)
        }

        private mutating func array(depth: Int) throws(RecordError) -> JSONValue {
            index += 1
            var values: [JSONValue] = []
            skipSpace()
            if take("]") { return .array([]) }
            repeat {
                values.append(try value(depth: depth + 1))
                skipSpace()
            } while take(",")
            guard take("]") else { throw unexpected("a comma or ]") }
            return .array(values)
        }

        private mutating func number() throws(RecordError) -> JSONValue {
            let start = index
            _ = take("-")
            guard let first = peek, isDigit(first) else { throw unexpected("a value") }
            skipDigits()
            if first == UInt8(ascii: "0"), index - start > (bytes[start] == UInt8(ascii: "-") ? 2 : 1) {
                throw unexpected("a number without a leading 0")
            }
            if take(".") { try someDigits() }
            if take("e") || take("E") {
                _ = take("+") || take("-")
                try someDigits()
            }
            return .number(String(decoding: bytes[start..<index], as: UTF8.self))
        }

        private mutating func someDigits() throws(RecordError) {
            guard let next = peek, isDigit(next) else { throw unexpected("a digit") }
            skipDigits()
        }

        private mutating func skipDigits() {
            while let next = peek, isDigit(next) { index += 1 }
        }

        private func isDigit(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }

        private mutating func string() throws(RecordError) -> String {
            index += 1
            var text: [UInt8] = []
            while let byte = peek {
                index += 1
                switch byte {
                case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
                case UInt8(ascii: "\\"): text += try escape()
                case 0..<0x20: throw unexpected("no control character in a text")
                default: text.append(byte)
                }
            }
            throw unexpected("the closing quote")
        }

        private mutating func escape() throws(RecordError) -> [UInt8] {
            guard let byte = peek else { throw unexpected("an escape") }
            index += 1
            switch byte {
            case UInt8(ascii: "n"): return [0x0A]
            case UInt8(ascii: "r"): return [0x0D]
            case UInt8(ascii: "t"): return [0x09]
            case UInt8(ascii: "b"): return [0x08]
            case UInt8(ascii: "f"): return [0x0C]
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
            case UInt8(ascii: "u"):
                var code = try hexadecimal()
                if (0xD800..<0xDC00).contains(code), take("\\"), take("u") {
                    let low = try hexadecimal()
                    guard (0xDC00..<0xE000).contains(low) else { throw unexpected("the second half of a pair") }
                    code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
                }
                guard let scalar = Unicode.Scalar(code) else { throw unexpected("a character") }
                return Array(String(Character(scalar)).utf8)
            default: throw unexpected("an escape")
            }
        }

        private mutating func hexadecimal() throws(RecordError) -> UInt32 {
            // The digits are looked at first, for `UInt32(_:radix:)` takes a sign too.
            guard index + 4 <= bytes.count,
                bytes[index..<index + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                let code = UInt32(String(decoding: bytes[index..<index + 4], as: UTF8.self), radix: 16)
            else { throw unexpected("four hexadecimal digits") }
            index += 4
            return code
        }

        private mutating func word(_ word: String, _ value: JSONValue) throws(RecordError) -> JSONValue {
            guard bytes[index...].starts(with: word.utf8) else { throw unexpected("a value") }
            index += word.utf8.count
            return value
        }

        private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

        private mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard peek == UInt8(ascii: character) else { return false }
            index += 1
            return true
        }

        private mutating func skipSpace() {
            while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { index += 1 }
        }

        private func unexpected(_ expected: String) -> RecordError {
            RecordError(
                .illFormedFile,
                "Here stands \(index < bytes.count ? "something else" : "nothing more"), where the file should have \(expected).",
                at: TextPosition(of: index, in: bytes).description
            )
        }
    }
}
