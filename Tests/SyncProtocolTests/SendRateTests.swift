import Testing

@testable import SyncProtocol

@Suite("The measured rate of a line")
struct SendRateTests {
    /// A line that takes bytes at one rate, from a sender that hands over a frame at a time.
    private func settled(bytesPerSecond: Double) -> SendRate {
        var rate = SendRate()
        var now = 1e9
        for _ in 0..<200 {
            let bytes = rate.frameBytes
            rate.sent(bytes, at: UInt64(now))
            now += Double(bytes) * 1e9 / bytesPerSecond
            rate.drained(at: UInt64(now))
        }
        return rate
    }

    @Test(
        "lets a block take an eighth of a second, up to 16 KiB a quarter, up to 4 KiB a whole one, and never more than 64 KiB",
        arguments: [
            (32_000, 8_000), (60_000, 15_000), (100_000, 16_384), (250_000, 31_250), (16_384, 4_096), (6_000, 4_096),
            (3_000, 3_000), (200, 1_024), (10_000_000, 65_536),
        ]
    )
    func blocks(bytesPerSecond: Double, expected: Int) {
        let rate = settled(bytesPerSecond: bytesPerSecond)
        #expect(abs(rate.blockBytes - expected) <= 1 + expected / 100)
        #expect(rate.frameBytes == min(rate.blockBytes, 16_384))
        #expect(rate.bytesPerSecond.map { abs(Double($0) - bytesPerSecond) < bytesPerSecond / 50 } ?? false)
    }

    @Test("at most doubles a block from one measurement to the next")
    func growth() {
        var rate = SendRate()
        var known = rate.blockBytes
        for number in 0..<10 {
            rate.sent(known, at: UInt64(number) * 1_000_000_000)
            rate.drained(at: UInt64(number) * 1_000_000_000 + 1_000)
            #expect(rate.blockBytes <= known * 2)
            known = rate.blockBytes
        }
        #expect(known == SendRate.largestBlockBytes)
    }
}
