/// Where bytes stop being UTF-8.
package struct UTF8Position: Equatable, Sendable {
    /// Offset of the first byte that is wrong, from 0.
    package var byte: Int
    /// From 1.
    package var line: Int
    /// In bytes of the line, from 1.
    package var column: Int

    package init(byte: Int, line: Int, column: Int) {
        self.byte = byte
        self.line = line
        self.column = column
    }

    /// The first byte that begins no character; nil when all is well.
    ///
    /// - Complexity: O(bytes).
    package static func firstInvalid(in bytes: [UInt8]) -> UTF8Position? {
        var index = 0
        while index < bytes.count {
            let length = lengthOfCharacter(at: index, in: bytes)
            guard length > 0 else {
                let before = bytes[..<index]
                let start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
                return UTF8Position(
                    byte: index,
                    line: before.count { $0 == 0x0A } + 1,
                    column: index - start + 1
                )
            }
            index += length
        }
        return nil
    }

    /// - Throws: `.illFormedFile` naming the line, and the byte of it, where a file is no UTF-8.
    package static func refuseInvalid(in bytes: [UInt8]) throws(RecordError) {
        guard let place = firstInvalid(in: bytes) else { return }
        throw RecordError(
            .illFormedFile,
            "The file is not UTF-8: no character begins at offset \(place.byte).",
            remedy: "Convert it to UTF-8; nothing was read.",
            at: "line \(place.line), byte \(place.column)"
        )
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
