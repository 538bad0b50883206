import Crypto
import LogFormat

/// Which signatures hold, as far as that was found out: a roster is folded again whenever lane 0 grows, from nearly the same
/// entries, and a signature costs more than all else in it.
///
/// Remembers what the last fold looked at and the one before it, and no more.
package struct SignatureVerdicts: Sendable {
    private var former: [[UInt8]: Bool] = [:]
    private var current: [[UInt8]: Bool] = [:]
    /// How many were looked at that were not known.
    package private(set) var checks = 0

    package init() {}

    /// A fold begins.
    mutating func begin() {
        former = current
        current = [:]
    }

    /// Whether a key has signed something.
    ///
    /// - Complexity: A hash of what was signed; a signature check the first time.
    mutating func holds(_ signature: [UInt8], of key: SitePublicKey, for statement: [UInt8]) -> Bool {
        var hasher = SHA256()
        hasher.update(data: key.bytes)
        // Before what may have any length.
        hasher.update(data: SHA256.hash(data: signature).map(\.self))
        hasher.update(data: statement)
        let name = Array(hasher.finalize())
        let known = current[name] ?? former[name]
        if known == nil { checks += 1 }
        let holds = known ?? key.isValidSignature(signature, for: statement)
        current[name] = holds
        return holds
    }
}
