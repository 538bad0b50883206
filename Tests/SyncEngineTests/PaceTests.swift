import SyncEngine
import SyncProtocol
import Testing

@Suite("Pace")
struct PaceTests {
    @Test("The mean rate is kept over any number of pieces", arguments: [1, 100, 1_000, 100_000])
    func rate(pieceBytes: Int) {
        var bucket = TokenBucket(bytesPerSecond: 10_000)
        var now: UInt64 = 1_000
        for _ in 0..<50 { now += bucket.spend(pieceBytes, at: now) }
        let expected = Double(pieceBytes) * 50 / 10_000 * 1e9
        #expect(abs(Double(now - 1_000) - expected) < 1_000)
    }

    @Test("Time in which nothing was sent is not saved up")
    func noSavings() {
        var bucket = TokenBucket(bytesPerSecond: 1_000)
        _ = bucket.spend(1_000, at: 0)
        #expect(bucket.spend(1_000, at: 100_000_000_000) == 1_000_000_000)
    }

    @Test("Waits double up to the cap, stay there for ever, and begin anew after success", arguments: [0.0, 0.5, 1.0])
    func backoff(chance: Double) {
        var backoff = Backoff(range: 500...60_000)
        var last: UInt64 = 0
        for _ in 0..<200 {
            let wait = backoff.failed(chance: chance)
            #expect(wait >= last && wait >= 250 && wait <= 60_000)
            last = wait
        }
        #expect(last >= 30_000)
        backoff.succeeded()
        #expect(backoff.failed(chance: chance) <= 500)
        #expect(backoff.failed(chance: chance, atLeastMilliseconds: 9_000) == 9_000)
    }

    @Test(
        "Only a session that was worth it resets the wait",
        arguments: CloseReason.allCases,
        [
            DialOutcome(), DialOutcome(hasMovedEntries: true, lastedMilliseconds: 60_000),
            DialOutcome(isIntroduced: true), DialOutcome(isIntroduced: true, lastedMilliseconds: 9_999),
            DialOutcome(isIntroduced: true, lastedMilliseconds: 10_000),
            DialOutcome(isIntroduced: true, hasMovedEntries: true),
        ]
    )
    func resets(reason: CloseReason, outcome: DialOutcome) {
        var backoff = Backoff(range: 500...60_000)
        for _ in 0..<20 { _ = backoff.failed(chance: 1) }
        var outcome = outcome
        outcome.reason = reason
        let wasWorthIt = outcome.hasMovedEntries || outcome.lastedMilliseconds >= 10_000
        let isReached =
            outcome.isIntroduced && wasWorthIt
            && [.finished, .shuttingDown, .silent, .disconnected].contains(reason)
        #expect(backoff.wait(after: outcome, chance: 1) == (isReached ? 500 : 60_000))
    }

    @Test(
        "A peer that asks for more time gets it, up to an hour",
        arguments: [(0, 500), (90, 90_000), (9_000, 3_600_000)]
    )
    func retryAfter(seconds: UInt32, milliseconds: UInt64) {
        var backoff = Backoff(range: 500...60_000)
        let outcome = DialOutcome(isIntroduced: true, reason: .shuttingDown, retryAfterSeconds: seconds)
        #expect(backoff.wait(after: outcome, chance: 1) == milliseconds)
    }

    @Test("Who has no place is dialled when it said, however often it says so; not who asks for it at once")
    func busy() {
        var backoff = Backoff(range: 500...60_000)
        for _ in 0..<3 { _ = backoff.failed(chance: 1) }
        let busy = DialOutcome(reason: .busy, retryAfterSeconds: 7)
        for _ in 0..<20 { #expect(backoff.wait(after: busy, chance: 1) == 7_000) }
        #expect(backoff.failed(chance: 1) == 4_000, "it was neither a failure nor a success")
        let hasty = DialOutcome(reason: .busy, retryAfterSeconds: 1)
        for _ in 0..<20 { _ = backoff.wait(after: hasty, chance: 1) }
        #expect(backoff.wait(after: hasty, chance: 1) == 60_000)
    }

    @Test("One line per interval goes through and tells how many did not")
    func gate() {
        var gate = LogGate(intervalSeconds: 10)
        #expect(gate.pass(at: 0) == 0)
        for second in 1..<10 { #expect(gate.pass(at: UInt64(second) * 1_000_000_000) == nil) }
        #expect(gate.pass(at: 10_000_000_000) == 9)
    }

    @Test("A noisy peer silences nobody else, and however many there are, what is kept and let through is bounded")
    func gates() {
        var gates = LogGates(intervalSeconds: 10)
        #expect(gates.pass("noisy", at: 0) == 0)
        for _ in 0..<9 { #expect(gates.pass("noisy", at: 1) == nil) }
        #expect(gates.pass("other", at: 1) == 0)
        let passed = (0..<1000).count { gates.pass("peer \($0)", at: 2) != nil }
        #expect(passed == LogGates.gatesMaximum - 2 + 1)
        #expect(gates.pass("noisy", at: 10_000_000_000) == 9)
        // Those that are open again make room.
        #expect(gates.pass("late", at: 10_000_000_002) == 0)
    }
}
