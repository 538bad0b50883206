import SyncEngine
import Testing

@Suite("What is under way to a peer")
struct DeliveryPaceTests {
    /// A line, and what may wait in front of it in seconds, for pieces that take as long as they take.
    struct Case: CustomTestStringConvertible, Sendable {
        var bytesPerSecond: Double
        var latencyMilliseconds: Int
        var pieceBytes = 16 * 1024
        var acknowledgementsPerLoss = 0

        var line: QueueingLine {
            var line = QueueingLine(bytesPerSecond: bytesPerSecond, latencyMilliseconds: latencyMilliseconds)
            line.pieceBytes = pieceBytes
            line.acknowledgementsPerLoss = acknowledgementsPerLoss
            return line
        }

        /// A fifth of a second, a piece, 8 KiB where that is more, and what bundled acknowledgements hide.
        var waitSeconds: Double {
            let roundTrip = Double(2 * latencyMilliseconds) / 1000
            let floor = max(0.2, Double(DeliveryPace.leastBytes) / bytesPerSecond - roundTrip)
            return 1.2 * (floor + (Double(pieceBytes) + 4096) / bytesPerSecond)
        }

        var testDescription: String {
            "\(Int(bytesPerSecond)) B/s, \(latencyMilliseconds) ms, pieces of \(pieceBytes), acknowledgements lost: \(acknowledgementsPerLoss)"
        }
    }

    static let lines: [Case] = [
        .init(bytesPerSecond: 32_000, latencyMilliseconds: 300),
        .init(bytesPerSecond: 32_000, latencyMilliseconds: 300, pieceBytes: 8_000),
        .init(bytesPerSecond: 32_000, latencyMilliseconds: 300, acknowledgementsPerLoss: 3),
        .init(bytesPerSecond: 32_000, latencyMilliseconds: 5),
        .init(bytesPerSecond: 8_000, latencyMilliseconds: 350, pieceBytes: 4_096),
        .init(bytesPerSecond: 4_000, latencyMilliseconds: 350, pieceBytes: 4_096),
        .init(bytesPerSecond: 125_000, latencyMilliseconds: 25),
        .init(bytesPerSecond: 125_000, latencyMilliseconds: 300),
        .init(bytesPerSecond: 125_000, latencyMilliseconds: 300, acknowledgementsPerLoss: 4),
        .init(bytesPerSecond: 1_250_000, latencyMilliseconds: 300),
        .init(bytesPerSecond: 1_250_000, latencyMilliseconds: 5),
        .init(bytesPerSecond: 12_500_000, latencyMilliseconds: 50),
    ]

    @Test("fills a line, and lets little wait in front of it", arguments: lines)
    func fills(line: Case) {
        var sender = line.line
        sender.run(milliseconds: 15_000)
        let before = sender.arrived
        var longest = 0.0
        sender.run(milliseconds: 20_000) { longest = max(longest, $0.waitSeconds) }
        #expect(sender.arrived - before >= 0.97 * line.bytesPerSecond * 20)
        #expect(longest <= line.waitSeconds)
    }

    @Test("is not much more while nothing is measured yet, and a line is found out in seconds", arguments: lines)
    func begins(line: Case) {
        var sender = line.line
        var longest = 0.0
        sender.run(milliseconds: 15_000) { longest = max(longest, $0.waitSeconds) }
        // 16 KiB and the piece that goes beyond, or what grew in the round trip in which the line filled up.
        let roundTrip = Double(2 * line.latencyMilliseconds) / 1000
        #expect(longest <= max(2 * 16_384 / line.bytesPerSecond, roundTrip + 0.2) + line.waitSeconds)
        #expect(sender.arrived >= 0.5 * line.bytesPerSecond * 15)
    }

    @Test("a line that nothing fills is not held back", arguments: [0, 1])
    func fast(latencyMilliseconds: Int) {
        var sender = QueueingLine(bytesPerSecond: 2e9, latencyMilliseconds: latencyMilliseconds)
        sender.kernelBytes = 2e6
        sender.run(milliseconds: 1_000)
        let (before, looks) = (sender.arrived, sender.looks)
        sender.run(milliseconds: 1_000)
        // All that this sender can make in a second, and hardly a question to the kernel.
        #expect(sender.arrived - before >= 0.98 * 64 * 16_384 * 1_000)
        #expect(sender.looks - looks <= 20)
    }

    @Test("follows a line that becomes slower, and one that becomes faster")
    func changes() {
        var sender = QueueingLine(bytesPerSecond: 125_000, latencyMilliseconds: 300)
        sender.run(milliseconds: 15_000)
        sender.bytesPerSecond = 32_000
        sender.run(milliseconds: 12_000)
        var longest = 0.0
        sender.run(milliseconds: 10_000) { longest = max(longest, $0.waitSeconds) }
        #expect(longest <= Case(bytesPerSecond: 32_000, latencyMilliseconds: 300).waitSeconds)
        sender.bytesPerSecond = 125_000
        sender.run(milliseconds: 10_000)
        let before = sender.arrived
        sender.run(milliseconds: 10_000)
        #expect(sender.arrived - before >= 0.97 * 1_250_000)
    }

    @Test("a pause says nothing of a line", arguments: [300, 2_000, 60_000])
    func pauses(milliseconds: Int) {
        var sender = QueueingLine(bytesPerSecond: 125_000, latencyMilliseconds: 50)
        sender.run(milliseconds: 10_000)
        for _ in 0..<5 {
            sender.isIdle = true
            sender.run(milliseconds: milliseconds)
            sender.isIdle = false
            sender.run(milliseconds: 1_000)
        }
        let before = sender.arrived
        sender.run(milliseconds: 5_000)
        #expect(sender.arrived - before >= 0.97 * 625_000)
        #expect(sender.pace.bytesPerSecond.map { abs(Double($0) - 125_000) <= 12_500 } ?? false)
    }

    @Test("behind a pause half of what fills a line waits in front of it beside that at most", arguments: lines)
    func bursts(line: Case) {
        var sender = line.line
        sender.run(milliseconds: 20_000)
        var longest = 0.0
        for _ in 0..<5 {
            sender.isIdle = true
            sender.run(milliseconds: 4_000)
            sender.isIdle = false
            sender.run(milliseconds: 2_000) { longest = max(longest, $0.waitSeconds) }
        }
        #expect(longest <= line.waitSeconds + Double(line.latencyMilliseconds) / 1000)
    }

    @Test("what went out by itself says nothing of a line, and an empty one is never held back", arguments: lines)
    func beginnings(line: Case) {
        for gap in stride(from: line.latencyMilliseconds / 2, through: 2 * line.latencyMilliseconds, by: 50) {
            var sender = line.line
            for bytes in [700, 600, 100] {
                (sender.pieceBytes, sender.piecesPerMillisecond, sender.isIdle) = (bytes, 1, false)
                sender.run(milliseconds: 1)
                sender.isIdle = true
                sender.run(milliseconds: gap)
            }
            (sender.pieceBytes, sender.piecesPerMillisecond, sender.isIdle) = (line.pieceBytes, 64, false)
            var (empty, longest) = (0, 0)
            sender.run(milliseconds: 15_000) {
                empty = $0.acknowledged == $0.handed ? empty + 1 : 0
                longest = max(longest, empty)
            }
            // Looked at so often where news are expected.
            #expect(longest <= max(50, line.latencyMilliseconds / 4))
            #expect(sender.arrived >= 0.5 * line.bytesPerSecond * 15)
        }
    }

    @Test("a little at a time is never held back, and does not make a line look slow")
    func trickle() {
        var pace = DeliveryPace()
        var sent: UInt64 = 0
        for second in UInt64(0)..<100 {
            let now = second * 1_000_000_000
            let look = LineLook(acknowledgedBytes: sent, waitingBytes: 0, roundTripNanoseconds: 600_000_000)
            #expect(pace.looked(look, at: now) == 0)
            pace.handedOver(500, at: now)
            sent += 500
            #expect(!pace.needsLook(at: now))
        }
        #expect(pace.fittingBytes >= DeliveryPace.firstBytesMaximum)
    }

    @Test("what never arrives is looked at ever more seldom")
    func silence() {
        var pace = DeliveryPace()
        var now: UInt64 = 0
        var looks = 0
        _ = pace.looked(LineLook(acknowledgedBytes: 0, waitingBytes: 0), at: now)
        while now < 600_000_000_000 {
            let wait = pace.looked(LineLook(acknowledgedBytes: 0, waitingBytes: 100_000), at: now)
            #expect(wait > 0 && wait <= 1_000_000_000)
            now += wait
            looks += 1
        }
        #expect(looks < 1_200)
    }
}
