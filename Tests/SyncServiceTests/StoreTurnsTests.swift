import Dispatch
import LogFormat
import NIOPosix
import StoreIO
import SyncService
import Synchronization
import Testing

@Suite("Turns at the store", .timeLimit(.minutes(10)))
struct StoreTurnsTests {
    /// Each look at it is a moment later, so that every piece costs the same.
    private final class CountingClock: WallClock {
        private let count = Mutex<UInt64>(0)

        func millisecondsSinceEpoch() -> Int64 { 0 }
        func zoneOffsetMinutes() -> Int32 { 0 }
        func pause(nanoseconds: UInt64) {}

        func steadyNanoseconds() -> UInt64 {
            count.withLock { count in
                count += 1
                return count
            }
        }
    }

    @Test("On a real thread a site with many pieces makes another wait for the one that is being done")
    func heavy() async throws {
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        let turns = StoreTurns(pool, clock: CountingClock())
        let heavy = try #require(SiteID([UInt8](repeating: 1, count: 16)))
        let light = try #require(SiteID([UInt8](repeating: 2, count: 16)))
        let order = Mutex<[String]>([])
        let gate = DispatchSemaphore(value: 0)
        let (done, isDone) = AsyncStream<Void>.makeStream()
        // Nothing else is done before all of them wait.
        turns.submit(for: heavy) { _ in gate.wait() }
        for number in 0..<100 {
            turns.submit(for: heavy) { isActive in order.withLock { $0.append("heavy \(number) \(isActive)") } }
        }
        for number in 0..<3 {
            turns.submit(for: light) { isActive in order.withLock { $0.append("light \(number) \(isActive)") } }
        }
        let seen = Mutex<[String]>([])
        turns.submit(for: light) { _ in
            let before = order.withLock { $0 }
            seen.withLock { $0 = before }
            isDone.yield()
        }
        gate.signal()
        for await _ in done { break }
        let before = seen.withLock { $0 }
        #expect(before.count <= 2 * 4 + 1, "\(before)")
        #expect(before.filter { $0.hasPrefix("light") } == (0..<3).map { "light \($0) true" })
        try await pool.shutdownGracefully()
        // What was waiting when the program ended was told so, in order.
        let all = order.withLock { $0 }.filter { $0.hasPrefix("heavy") }
        #expect(all.count == 100)
        #expect(all.enumerated().allSatisfy { $0.element.hasPrefix("heavy \($0.offset) ") })
    }
}
