import Crypto
import LogFormat

/// A site's two keys as words that two people compare on the telephone.
package enum Fingerprint {
    /// How many words: 8 bits each.
    package static let wordCount = 8

    /// Words from SHA-256("abscope fingerprint 1" || signing key || agreement key), one for each leading byte.
    ///
    /// 64 bits: whoever wants another key with the same words has to make about 2^64 key pairs.
    package static func words(for keys: SiteKeySet) -> [String] {
        let digest = Array(
            SHA256.hash(data: Array("abscope fingerprint 1".utf8) + keys.signing.bytes + keys.agreement)
        )
        return digest.prefix(wordCount).map { FingerprintWords.all[Int($0)] }
    }
}
