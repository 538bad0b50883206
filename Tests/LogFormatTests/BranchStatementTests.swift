import Crypto
import LogFormat
import Testing

@Suite("Statements of a history that was carried")
struct BranchStatementTests {
    private func head(_ position: UInt64) throws -> FeedHead {
        FeedHead(position: position, digest: try Fixture.start().digest)
    }

    private func made(
        heads: [UInt64] = [3, 7],
        start: UInt64? = 5,
        stretches: [ClosedRange<UInt64>] = [2...4, 9...9],
        key: SitePublicKey? = nil
    ) throws -> BranchStatement {
        let end = try Checkpoint(
            signing: try head(12),
            of: Fixture.feed(),
            registry: RegistryID(foundedBy: [1]),
            with: Fixture.privateKey()
        )
        return try BranchStatement(
            of: end,
            key: try key ?? Fixture.key(),
            heads: try heads.map(head),
            start: try start.map(head),
            stretches: stretches
        )
    }

    @Test("What is written is read, with heads and stretches and without; no cut and no byte behind it is taken")
    func roundTrip() throws {
        for statement in [try made(), try made(heads: [], start: nil, stretches: []), try made(start: 0)] {
            let bytes = statement.encoded
            #expect(try BranchStatement(decoding: bytes) == statement)
            for length in bytes.indices {
                #expect(throws: FormatError.truncated) { try BranchStatement(decoding: Array(bytes[..<length])) }
            }
            #expect(throws: FormatError.trailingBytes) { try BranchStatement(decoding: bytes + [0]) }
        }
    }

    @Test("What is beside the rules is refused, made or read")
    func refused() throws {
        let other = SitePublicKey(Curve25519.Signing.PrivateKey().publicKey)
        #expect(throws: FormatError.key) { try made(key: other) }
        #expect(throws: FormatError.order) { try made(heads: [7, 3]) }
        #expect(throws: FormatError.order) { try made(heads: [12]) }
        #expect(throws: FormatError.order) { try made(stretches: [9...9, 2...4]) }
        #expect(throws: FormatError.order) { try made(stretches: [2...4, 4...5]) }
        #expect(throws: FormatError.inconsistent) { try made(start: nil) }
        #expect(throws: FormatError.inconsistent) { try made(stretches: []) }
        #expect(throws: FormatError.inconsistent) { try made(start: 12) }
        #expect(throws: FormatError.position) { try made(stretches: [0...4]) }
        #expect(throws: FormatError.position) { try made(stretches: [2...(Limits.position + 1)]) }
        #expect(throws: FormatError.tooLarge) { try made(stretches: (1...257).map { 2 * $0...2 * $0 }) }

        var said = try made(heads: [], start: nil, stretches: []).encoded
        said[220] = 1
        #expect(throws: FormatError.reservedNotZero) { try BranchStatement(decoding: said) }
        var many = try made().encoded
        many[211] = 1
        #expect(throws: FormatError.tooLarge) { try BranchStatement(decoding: many) }
        // The second stretch begins after it ends.
        var turned = try made().encoded
        turned[turned.count - 8] = 8
        #expect(throws: FormatError.position) { try BranchStatement(decoding: turned) }
    }
}
