import Crypto
import Testing

@testable import LogFormat

@Suite("Digests")
struct ChainDigestTests {
    @Test("A digest is the SHA-256 of its bytes, whatever their number")
    func hashing() {
        let bytes = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 131 &+ $0 >> 7) }
        for length in Array(0...300) + [1023, 1024, 1025, 16_384, 20_000] {
            let piece = Array(bytes.prefix(length))
            let expected = Array(SHA256.hash(data: piece))
            let digest = ChainDigest(hashing: unsafe piece.span.bytes)
            #expect(digest.bytes == expected, "\(length) bytes")
        }
    }
}
