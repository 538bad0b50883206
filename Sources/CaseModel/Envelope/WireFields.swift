/// The top-level fields of an encoded protobuf message, without knowing its schema.
///
/// This is what lets a site merge a kind, or a field, it has never heard of: the bytes of a field are its value.
package enum WireFields {
    /// The encoded bytes of each field, tag included, ascending by field number; several occurrences of one field are
    /// joined in their order, as protobuf itself reads them.
    ///
    /// - Throws: `.illFormedEntry` when the bytes are no message: a truncated value, a group, field number 0.
    /// - Complexity: O(bytes + fields log fields); never allocates more than the input.
    package static func split(_ bytes: [UInt8]) throws(RecordError) -> [(field: UInt32, bytes: [UInt8])] {
        var found: [(field: UInt32, bytes: [UInt8])] = []
        var isAscending = true
        var reader = Reader(bytes: bytes)
        while !reader.isAtEnd {
            let start = reader.index
            let field = try reader.skipField()
            if let last = found.last, field <= last.field { isAscending = false }
            found.append((field, Array(bytes[start..<reader.index])))
        }
        // Every writer of ours puts them in order; another's are sorted, keeping the order of one field's occurrences.
        return isAscending ? found : joined(found)
    }

    private static func joined(_ parts: [(field: UInt32, bytes: [UInt8])]) -> [(field: UInt32, bytes: [UInt8])] {
        var byField: [UInt32: [UInt8]] = [:]
        for part in parts { byField[part.field, default: []] += part.bytes }
        return byField.keys.sorted().map { ($0, byField[$0] ?? []) }
    }

    /// Reads tags and steps over values, with every length checked.
    private struct Reader {
        let bytes: [UInt8]
        var index = 0

        var isAtEnd: Bool { index == bytes.count }

        mutating func skipField() throws(RecordError) -> UInt32 {
            let tag = try varint()
            let field = tag >> 3
            guard field >= 1, field <= 0x1FFF_FFFF else { throw Self.illFormed("field number \(field)") }
            switch tag & 7 {
            case 0: _ = try varint()
            case 1: try skip(8)
            case 2: try skip(varint())
            case 5: try skip(4)
            default: throw Self.illFormed("wire type \(tag & 7)")
            }
            return UInt32(field)
        }

        private mutating func skip(_ length: UInt64) throws(RecordError) {
            guard length <= UInt64(bytes.count - index) else { throw Self.illFormed("a value beyond the end") }
            index += Int(length)
        }

        private mutating func varint() throws(RecordError) -> UInt64 {
            var value: UInt64 = 0
            for shift in stride(from: UInt64(0), to: 70, by: 7) {
                guard index < bytes.count else { throw Self.illFormed("a number beyond the end") }
                let byte = bytes[index]
                index += 1
                guard shift < 63 || byte <= 1 else { throw Self.illFormed("a number above 64 bits") }
                value |= UInt64(byte & 0x7F) << shift
                if byte & 0x80 == 0 { return value }
            }
            throw Self.illFormed("a number of more than 10 bytes")
        }

        private static func illFormed(_ what: String) -> RecordError {
            RecordError(.illFormedEntry, "The body holds \(what), so its fields cannot be told apart.")
        }
    }
}
