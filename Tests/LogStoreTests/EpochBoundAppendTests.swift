import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

@Suite("Entries that were encoded for an epoch")
struct EpochBoundAppendTests {
    @Test("An entry encoded for one epoch is refused in another, and nothing of it is written")
    func otherEpoch() throws {
        let fixture = try StoreFixture()
        let store = try fixture.open()
        let other = try #require(EpochID([1, 2, 3, 4, 5, 6, 7, 8]))
        #expect(try failure { _ = try store.append([[1]], to: .records, epoch: other) }.code == .moved)
        #expect(try store.frontier().rows.isEmpty)
        let references = try store.append([[1]], to: .records, epoch: store.epoch)
        #expect(references.map(\.feed.epoch) == [store.epoch])
    }
}
