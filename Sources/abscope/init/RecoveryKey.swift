import Crypto

/// The private half of a registry's recovery key, as it is written down on paper.
struct RecoveryKey {
    /// 64 hexadecimal digits in groups of 4.
    let text: String

    init(_ key: Curve25519.Signing.PrivateKey) {
        let digits = Array(key.rawRepresentation).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        let groups = stride(from: 0, to: digits.count, by: 2).map { digits[$0] + digits[$0 + 1] }
        text = groups.joined(separator: " ")
    }
}
