import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

@Suite("One feed among many")
struct SingleFeedTests {
    private static let lanes: [Lane] = [.urgent, .records, .attachments]

    private func feeds(of log: LogStore, _ epochs: [EpochID]) -> [FeedID] {
        epochs.flatMap { epoch in Self.lanes.map { FeedID(site: log.site, epoch: epoch, lane: $0) } }
    }

    @Test("It is read as it stands among all, whoever wrote and whatever was added", arguments: Seeds.run(20))
    func asAmongAll(seed: UInt64) throws {
        let fixture = try StoreFixture(seed: seed)
        let logs = try ["one", "two"].map { try fixture.open($0) }
        let reader = try fixture.open("reader")
        var numbers = SplitMix64(seed: seed)
        var epochs = [reader.epoch]
        for _ in 0..<40 {
            let log = logs[numbers.below(logs.count)]
            if numbers.chance(1, in: 8) {
                // The site is said to have written more than is here: it goes on in another epoch.
                let head = LogStore.ForeignHead(
                    feed: FeedID(site: log.site, epoch: log.epoch, lane: .records),
                    position: 1_000,
                    digestPrefix: nil,
                    site: "HUB"
                )
                if case .newEpoch(let epoch) = try log.goOn(after: head) { epochs.append(epoch) }
            } else {
                _ = try log.append([numbers.bytes(20)], to: Self.lanes[numbers.below(Self.lanes.count)])
            }
            for store in logs + [reader] {
                for feed in feeds(of: store, epochs).shuffled(using: &numbers).prefix(3) {
                    let all = try reader.feeds()
                    #expect(try store.feed(feed) == all.first { $0.feed == feed && $0.branch == 0 })
                }
            }
        }
        #expect(epochs.count > 1)
    }

    @Test("It costs no more than two reads of HEADS, however many there are")
    func costs() throws {
        let fixture = try StoreFixture()
        let log = try fixture.open("writer")
        for lane in Self.lanes { _ = try log.append([[1]], to: lane) }
        let reader = try fixture.open("reader")
        let feed = FeedID(site: log.site, epoch: log.epoch, lane: .records)
        _ = try reader.feed(feed)
        _ = try log.append([[2]], to: .records)
        let before = fixture.disk.calls.count
        #expect(try reader.feed(feed)?.stored.position == 2)
        let calls = fixture.disk.calls.dropFirst(before)
        #expect(calls.count == 2 && calls.allSatisfy { $0.operation == .read && $0.path == reader.paths.heads })
        // Who wrote last knows the rest.
        let own = fixture.disk.calls.count
        #expect(try log.feed(feed)?.stored.position == 2)
        #expect(fixture.disk.calls.count == own + 1)
    }
}
