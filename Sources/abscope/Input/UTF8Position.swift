/// Where a text stops being valid UTF-8.
struct UTF8Position: Equatable, Sendable {
    /// Offset of the first byte that is wrong, from 0.
    var byte: Int
    /// From 1.
    var line: Int
    /// In bytes of the line, from 1.
    var column: Int

    /// The first byte that begins no valid sequence (Unicode Standard, table 3-7); nil in valid text.
    ///
    /// - Complexity: O(bytes).
    static func firstInvalid(in bytes: [UInt8]) -> UTF8Position? {
        var index = 0
        while index < bytes.count {
            guard let length = sequenceLength(bytes, at: index) else { return position(of: index, in: bytes) }
            index += length
        }
        return nil
    }

    private static func position(of index: Int, in bytes: [UInt8]) -> UTF8Position {
        var line = 1
        var start = 0
        for (offset, byte) in bytes[..<index].enumerated() where byte == UInt8(ascii: "\n") {
            line += 1
            start = offset + 1
        }
        return UTF8Position(byte: index, line: line, column: index - start + 1)
    }

    private static func sequenceLength(_ bytes: [UInt8], at index: Int) -> Int? {
        let first = bytes[index]
        let second: ClosedRange<UInt8>
        let length: Int
        switch first {
        case 0x00...0x7F: return 1
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xE1...0xEC, 0xEE...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return nil
        }
        guard index + length <= bytes.count, second.contains(bytes[index + 1]) else { return nil }
        for offset in 2..<max(2, length) where !(0x80...0xBF).contains(bytes[index + offset]) { return nil }
        return length
    }
}
