import StoreIO
import Synchronization
import Testing

@Suite("Values made ahead")
struct AheadTests {
    @Test("Every value comes, in order, whatever the limit, and then the end for ever", arguments: [1, 2, 7, 100])
    func order(limit: Int) {
        for count in [0, 1, 2, 50] {
            let ahead = Ahead(limit: limit) { $0 < count ? $0 : nil }
            var seen: [Int] = []
            while let value = ahead.next() { seen.append(value) }
            #expect(seen == Array(0..<count))
            #expect(ahead.next() == nil)
        }
    }

    @Test("The thread is no further ahead than the limit, and ends when nobody wants more")
    func bounded() {
        let made = Monitor(0)
        let ended = Monitor(false)
        final class Witness: Sendable {
            let ended: Monitor<Bool>
            init(_ ended: Monitor<Bool>) { self.ended = ended }
            deinit { ended.withLock { $0 = true } }
        }
        var witness: Witness? = Witness(ended)
        var ahead: Ahead<Int>? = Ahead(limit: 3) { [witness] number in
            withExtendedLifetime(witness) { made.withLock { $0 = number + 1 } }
            return number
        }
        witness = nil
        #expect(ahead?.next() == 0)
        // One was taken and three may wait.
        made.wait { $0 == 4 ? () : nil }
        #expect(ahead?.next() == 1)
        made.wait { $0 == 5 ? () : nil }
        ahead = nil
        ended.wait { $0 ? () : nil }
        #expect(made.withLock { $0 } == 5)
    }

    @Test("Values of several threads come in order too", arguments: [1, 2, 3, 8])
    func threads(count: Int) {
        for values in [0, 1, 2, 100] {
            let ahead = Ahead(limit: count + 2, threads: count) { $0 < values ? $0 : nil }
            var seen: [Int] = []
            while let value = ahead.next() { seen.append(value) }
            #expect(seen == Array(0..<values))
            #expect(ahead.next() == nil)
        }
    }

    @Test("Who stops waits for what is being made, and nothing is made afterwards")
    func stops() {
        let made = Monitor(0)
        let ahead = Ahead(limit: 4, threads: 2) { number in
            made.withLock { $0 += 1 }
            return number
        }
        #expect(ahead.next() == 0)
        ahead.stop()
        let count = made.withLock { $0 }
        // Whoever takes more gives room for more.
        for _ in 0..<4 { _ = ahead.next() }
        #expect(made.withLock { $0 } == count)
    }
}
