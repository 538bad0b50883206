import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

@Suite("Verifying beside writers")
struct VerifyBesideWritersTests {
    @Test("Nobody who records, rolls or seals meanwhile makes sound entries look damaged", arguments: [2, 3, 7, 20])
    func beside(every: Int) throws {
        let fixture = try StoreFixture()
        let writer = try fixture.open("writer", segmentBytes: 1_500)
        let entry = [UInt8](repeating: 7, count: 300)
        for _ in 0..<12 { _ = try writer.append([entry], to: .records) }
        let store = try fixture.open("verifier", segmentBytes: 1_500)
        let calls = Recorded<Int>()
        let disk = fixture.disk
        disk.observe { call in
            guard call.process == "verifier" else { return }
            calls.append {
                let number = try calls.values().count
                // An entry every few calls lets the store grow by a part of itself each time it is verified.
                guard number < 1_000 else { return number }
                if number % every == 0 { _ = try writer.append([entry], to: number % 2 == 0 ? .records : .urgent) }
                if number % (5 * every) == 0 { _ = try writer.seal() }
                return number
            }
        }
        for _ in 0..<20 {
            for report in try store.verify() {
                #expect(report.findings.filter { $0.weight == .damage } == [])
                #expect(report.provenEntries > 0)
            }
        }
        disk.observe(nil)
        #expect(try calls.values().count > 200)
        let last = try store.verify()
        #expect(last.allSatisfy { !$0.isDamaged })
        #expect(try last.map { $0.provenHead?.position ?? 0 } == store.feeds().map(\.stored.position))
    }

    @Test("What is damaged is found beside a writer, too")
    func damaged() throws {
        let fixture = try StoreFixture()
        let writer = try fixture.open("writer", segmentBytes: 1_500)
        let entry = [UInt8](repeating: 7, count: 300)
        for _ in 0..<12 { _ = try writer.append([entry], to: .records) }
        try fixture.disk.flipBit(try fixture.segments(writer)[0], byte: 700)
        let store = try fixture.open("verifier", segmentBytes: 1_500)
        let disk = fixture.disk
        let appended = Recorded<Int>()
        disk.observe { call in
            guard call.process == "verifier" else { return }
            appended.append { try writer.append([entry], to: .records).count }
        }
        let reports = try store.verify()
        disk.observe(nil)
        #expect(reports.first { $0.feed.lane == .records }?.isDamaged == true)
        #expect(try appended.values().count > 3)
    }
}
