/// A place in a text file as people count: lines and columns from 1, a column being a character.
package struct TextPosition: Hashable, Sendable, Comparable, CustomStringConvertible {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// - Complexity: O(`offset`).
    package init(of offset: Int, in bytes: [UInt8]) {
        let before = bytes.prefix(offset)
        line = before.count { $0 == 0x0A } + 1
        let start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        // Continuation bytes of UTF-8 are no characters of their own.
        column = before[start...].count { $0 & 0xC0 != 0x80 } + 1
    }

    package static func < (left: TextPosition, right: TextPosition) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }

    package var description: String { "line \(line), column \(column)" }

    /// - Throws: `.illFormedFile` naming the line and the byte offset in it of the first byte that is no UTF-8.
    package static func refuseInvalidUTF8(_ bytes: [UInt8]) throws(RecordError) {
        guard let offset = firstInvalidUTF8(in: bytes) else { return }
        let before = bytes.prefix(offset)
        let start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        throw RecordError(
            .illFormedFile,
            "The file is not UTF-8: no character begins at offset \(offset).",
            remedy: "Convert it to UTF-8; nothing was read.",
            at: "line \(before.count { $0 == 0x0A } + 1), byte \(offset - start + 1)"
        )
    }

    /// The offset of the first byte that begins no UTF-8 character; nil when all is well.
    ///
    /// - Complexity: O(bytes).
    package static func firstInvalidUTF8(in bytes: [UInt8]) -> Int? {
        var index = 0
        while index < bytes.count {
            let length = lengthOfCharacter(at: index, in: bytes)
            guard length > 0 else { return index }
            index += length
        }
        return nil
    }

    /// 0 where no well-formed character begins (Unicode standard, table 3-7).
    private static func lengthOfCharacter(at index: Int, in bytes: [UInt8]) -> Int {
        func follows(_ offset: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
            index + offset < bytes.count && range.contains(bytes[index + offset])
        }
        return switch bytes[index] {
        case 0..<0x80: 1
        case 0xC2...0xDF: follows(1) ? 2 : 0
        case 0xE0: follows(1, 0xA0...0xBF) && follows(2) ? 3 : 0
        case 0xED: follows(1, 0x80...0x9F) && follows(2) ? 3 : 0
        case 0xE1...0xEF: follows(1) && follows(2) ? 3 : 0
        case 0xF0: follows(1, 0x90...0xBF) && follows(2) && follows(3) ? 4 : 0
        case 0xF4: follows(1, 0x80...0x8F) && follows(2) && follows(3) ? 4 : 0
        case 0xF1...0xF3: follows(1) && follows(2) && follows(3) ? 4 : 0
        default: 0
        }
    }
}
