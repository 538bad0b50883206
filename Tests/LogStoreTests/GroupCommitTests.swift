import LogFormat
import StoreIO
import Synchronization
import TestSupport
import Testing

@testable import LogStore

@Suite("Many threads on a real disk")
struct GroupCommitTests {
    @Test(
        "Sixty-four callers get their own references, dense and durable, and share their syncs",
        .timeLimit(.minutes(10))
    )
    func callers() async throws {
        let directory = try TemporaryDirectory()
        var surroundings = try Surroundings.current()
        surroundings.machine.stateDirectory = "\(directory.path)/state"
        let root = "\(directory.path)/store"
        let store = try LogStore.create(at: root, alias: "GY", in: surroundings)
        let callers = 64
        let rounds = 8
        let results = Recorded<[(EntryReference, [UInt8])]>()
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            let shared = Shared(callers)
            for caller in 0..<callers {
                onOwnThread {
                    for round in 0..<rounds {
                        results.append {
                            let entries = (0...caller % 3).map { Array("caller \(caller) \(round) \($0)".utf8) }
                            return Array(zip(try store.append(entries, to: .records), entries))
                        }
                    }
                    if shared.left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { done.resume() }
                }
            }
        }
        let acknowledged = try results.values()
        #expect(acknowledged.count == callers * rounds)
        for commit in acknowledged {
            let positions = commit.map(\.0.position)
            #expect(positions == Array(positions[0]..<positions[0] + UInt64(positions.count)))
        }
        let all = acknowledged.flatMap(\.self).sorted { $0.0.position < $1.0.position }
        #expect(all.map(\.0.position) == Array(1...UInt64(all.count)))
        let again = try LogStore.open(at: root, in: surroundings)
        let slot = try #require(try again.slots().first)
        let reader = FeedReader(directory: again.directory(slot.feed), slot: slot)
        let read = try reader.entries(after: 0, limitBytes: .max)
        #expect(read.map(\.bytes) == all.map(\.1))
        #expect(read.map(\.reference) == all.map(\.0))
    }

    @Test(
        "What is committed at once never leaves more than the torn tail that recovery takes for one",
        arguments: [5, 1_396]
    )
    func batch(followerBytes: Int) throws {
        let followers = [Int](repeating: followerBytes, count: 4_000)
        let lengths = [255 * (4 + Limits.entryBytes)] + followers
        let count = CommitQueue.batchCount(lengths)
        #expect(count > 1)
        var storedBytes = 0
        for length in lengths.prefix(count) {
            let entries =
                length > 4 + Limits.entryBytes
                ? [[UInt8]](repeating: [UInt8](repeating: 1, count: Limits.entryBytes), count: 255)
                : [[UInt8](repeating: 1, count: length - 4)]
            let head = FeedHead(position: 0, digest: try #require(ChainDigest([UInt8](repeating: 0, count: 32))))
            for block in try Block.plain(entries, after: head).blocks {
                storedBytes += BlockPlace.lengthBytes + block.header.encodedLengthBytes
            }
        }
        #expect(storedBytes <= Limits.commitStoredBytes)
    }

    /// Keeps the counter alive for all threads.
    private final class Shared: Sendable {
        let left: Atomic<Int>
        init(_ count: Int) { left = Atomic(count) }
    }
}
