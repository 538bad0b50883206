import Crypto
import LogFormat

/// Short binary data as text that survives e-mail, chat and retyping by copy and paste.
///
/// A line `-----BEGIN ABSCOPE REQUEST-----`, base64 in lines of 64 characters, a line `=` with the first 6 hexadecimal
/// digits of the SHA-256 of the bytes, a line `-----END ABSCOPE REQUEST-----`. White space around lines and any text
/// before and after are ignored.
enum ArmouredText {
    static func encode(_ bytes: [UInt8], kind: String) -> String {
        var lines = ["-----BEGIN ABSCOPE \(kind)-----"]
        let digits = base64(bytes)
        for start in stride(from: 0, to: digits.count, by: 64) {
            lines.append(String(decoding: digits[start..<min(start + 64, digits.count)], as: UTF8.self))
        }
        lines.append("=" + checksum(bytes))
        lines.append("-----END ABSCOPE \(kind)-----")
        return lines.joined(separator: "\n") + "\n"
    }

    /// - Throws: `.illFormed` saying what is missing, `.tooLarge`.
    static func decode(_ text: String, kind: String) throws(SyncError) -> [UInt8] {
        guard text.utf8.count <= Limits.siteTextBytes else {
            throw SyncError(.tooLarge, "The text is too long for what begins “-----BEGIN ABSCOPE \(kind)-----”.")
        }
        let lines = text.split(whereSeparator: \.isNewline).map { line in
            String(line.filter { !$0.isWhitespace })
        }
        let begin = "-----BEGINABSCOPE\(kind)-----"
        guard let first = lines.firstIndex(of: begin) else {
            let isOther = lines.contains { $0.hasPrefix("-----BEGINABSCOPE") }
            throw SyncError(
                .illFormed,
                isOther
                    ? "This text is for another step: what is needed here begins “-----BEGIN ABSCOPE \(kind)-----”."
                    : "The line “-----BEGIN ABSCOPE \(kind)-----” is missing. Copy the whole text."
            )
        }
        let rest = lines[(first + 1)...]
        guard let end = rest.firstIndex(of: "-----ENDABSCOPE\(kind)-----") else {
            throw SyncError(.illFormed, "The last line of the \(kind.lowercased()) is missing. Copy the whole text.")
        }
        let content = rest[rest.startIndex..<end].filter { !$0.isEmpty }
        guard let sum = content.last, sum.hasPrefix("="),
            let bytes = bytes(base64: content.dropLast().joined())
        else { throw SyncError(.illFormed, "The text of the \(kind.lowercased()) is damaged. Copy it again.") }
        guard sum.dropFirst().lowercased() == checksum(bytes) else {
            throw SyncError(.illFormed, "The text of the \(kind.lowercased()) was changed on its way. Copy it again.")
        }
        return bytes
    }

    private static func checksum(_ bytes: [UInt8]) -> String {
        let digest = Array(SHA256.hash(data: bytes))
        return digest.prefix(3).reduce(into: "") { text, byte in
            let digits = String(byte, radix: 16)
            text += digits.count == 1 ? "0" + digits : digits
        }
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static func base64(_ bytes: [UInt8]) -> [UInt8] {
        var digits: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var word: UInt32 = 0
            for byte in group { word = word << 8 | UInt32(byte) }
            word <<= UInt32(8 * (3 - group.count))
            for index in 0..<4 {
                digits.append(
                    index <= group.count ? alphabet[Int(word >> UInt32(18 - 6 * index) & 63)] : UInt8(ascii: "=")
                )
            }
        }
        return digits
    }

    /// - Returns: nil for anything but whole groups of four digits with their padding at the end.
    private static func bytes(base64 text: String) -> [UInt8]? {
        var digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 4) else { return nil }
        var padding = 0
        while padding < 2, digits.last == UInt8(ascii: "=") {
            digits.removeLast()
            padding += 1
        }
        var bytes: [UInt8] = []
        var word: UInt32 = 0
        var bits = 0
        for digit in digits {
            guard let value = alphabet.firstIndex(of: digit) else { return nil }
            word = word << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
                word &= (1 << UInt32(bits)) - 1
            }
        }
        return word == 0 ? bytes : nil
    }
}
