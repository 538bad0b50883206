import Testing

@testable import abscope

@Suite("Counts of bytes, spans of time, progress")
struct QuantitiesTests {
    @Test(
        "bytes have one decimal and the unit that keeps the number below a thousand",
        arguments: [
            (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1049, "1.0 kB"), (1050, "1.1 kB"), (999_949, "999.9 kB"),
            (999_950, "1.0 MB"), (8_388_608, "8.4 MB"), (UInt64.max, "18.4 EB"),
        ] as [(UInt64, String)]
    )
    func bytes(count: UInt64, expected: String) {
        #expect(Quantities.bytes(count) == expected)
    }

    @Test(
        "a span names its two largest units",
        arguments: [
            (0, "0 s"), (-5, "0 s"), (59, "59 s"), (60, "1 min"), (61, "1 min"), (3_600, "1 h"), (7_500, "2 h 5 min"),
            (86_400, "1 d"), (273_600, "3 d 4 h"), (86_460, "1 d"),
        ] as [(Int64, String)]
    )
    func durations(seconds: Int64, expected: String) {
        #expect(Quantities.duration(seconds: seconds) == expected)
    }

    @Test("a share of nothing is no number")
    func percent() {
        #expect(Quantities.percent(1, of: 0) == nil)
        #expect(Quantities.percent(482, of: 1000) == "48.2 %")
        #expect(Quantities.percent(1, of: 3) == "33.3 %")
    }

    @Test("progress tells bytes, rate and time left, and no time where the total is not known")
    func progress() {
        let known = Progress.line(.importing, 2_000_000, of: 8_000_000, .bytes, nanoseconds: 2_000_000_000)
        #expect(known == "Importing: 2.0 MB of 8.0 MB, 1.0 MB/s, 6 s left")
        let entries = Progress.line(.rebuilding, 500, of: 2000, .entries, nanoseconds: 1_000_000_000)
        #expect(entries.contains("500 entries of 2000 entries, 500 entries/s"), "\(entries)")
        let slow = Progress.line(.sealing, 1, of: 3, .segments, nanoseconds: 4_000_000_000)
        #expect(slow == "Sealing: 1 segment of 3 segments, 8 s left")
        let unknown = Progress.line(.importing, 500, of: 0, .bytes, nanoseconds: 1_000_000_000)
        #expect(unknown == "Importing: 500 B, 500 B/s")
    }
}
