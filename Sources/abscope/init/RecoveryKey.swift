import Crypto
import LogFormat

/// The private half of a registry's recovery key: on paper, and nowhere else.
struct RecoveryKey {
    private let key: Curve25519.Signing.PrivateKey
    private static let lengthBytes = 32
    /// Digits that tell a slip of the pen from another key.
    private static let checkBytes = 4

    init(_ key: Curve25519.Signing.PrivateKey) { self.key = key }

    /// Reads what somebody typed from paper. Spaces and dashes between the digits do not matter; papers of early versions
    /// have no check digits.
    ///
    /// - Throws: ``Failure`` 65 when it is no such key, or was mistyped.
    init(typed text: String) throws {
        let digits = text.filter { !$0.isWhitespace && $0 != "-" }.lowercased()
        guard let bytes = [UInt8](hexadecimal: digits),
            [Self.lengthBytes, Self.lengthBytes + Self.checkBytes].contains(bytes.count)
        else { throw Failure(.dataError, .site(.recoveryKeyForm)) }
        let secret = Array(bytes[..<Self.lengthBytes])
        guard bytes.count == Self.lengthBytes || Array(bytes[Self.lengthBytes...]) == Self.check(of: secret) else {
            throw Failure(.dataError, .site(.recoveryKeyMistyped))
        }
        key = try Curve25519.Signing.PrivateKey(rawRepresentation: secret)
    }

    /// 18 groups of 4 hexadecimal digits, the last two a check of the others.
    var text: String {
        let secret = Array(key.rawRepresentation)
        let digits = Array((secret + Self.check(of: secret)).hexadecimal)
        return stride(from: 0, to: digits.count, by: 4).map { String(digits[$0..<$0 + 4]) }.joined(separator: " ")
    }

    func signature(for statement: [UInt8]) throws -> [UInt8] { Array(try key.signature(for: statement)) }

    private static func check(of secret: [UInt8]) -> [UInt8] {
        var hasher = SHA256()
        hasher.update(data: Array("abscope recovery key check 1".utf8))
        hasher.update(data: secret)
        return Array(hasher.finalize().prefix(checkBytes))
    }
}
