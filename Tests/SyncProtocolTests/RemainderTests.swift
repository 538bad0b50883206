import LogFormat
import Testing

@testable import SyncProtocol

@Suite("What is left to move")
struct RemainderTests {
    @Test(
        "is the difference in bytes, or a share of them where the other end stores the same larger",
        arguments: [
            (1_000, 10, 400, 5, 600), (1_000, 10, 0, 0, 1_000), (300, 10, 900, 9, 30), (300, 10, 300, 5, 150),
            (300, 10, 900, 10, 0), (2, 1_000, 3, 999, 1), (0, 10, 3, 9, 0), (.max, .max, .max, 0, .max),
            (.max, Limits.position, .max, Limits.position - 1, 2_048),
        ] as [(UInt64, UInt64, UInt64, UInt64, UInt64)]
    )
    func missing(bytes: UInt64, position: UInt64, other: UInt64, start: UInt64, expected: UInt64) {
        #expect(SyncRemainder.missing(bytes: bytes, to: position, less: other, at: start) == expected)
    }
}
