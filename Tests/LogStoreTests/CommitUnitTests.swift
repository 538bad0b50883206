import Foundation
import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

@Suite("A commit of several blocks is one unit")
struct CommitUnitTests {
    private static let big = (0..<5).map { number in [UInt8](repeating: UInt8(number + 1), count: 13_000) }

    /// A disk as it was right before the sync of a commit of three blocks, all of which is on it, behind one small entry.
    private func unsynced() throws -> (StoreFixture, path: String, commit: Range<Int>) {
        var fixture = try StoreFixture()
        let store = try fixture.open("writer")
        try fixture.append("before", with: store)
        let start = Int(try #require(try store.slots().first).durableBytes)
        let path = try fixture.segments(store)[0]
        let copies = Recorded<SimulatedDisk>()
        let disk = fixture.disk
        disk.observeBefore { call in
            guard call.operation == .synchronize, call.path == path else { return }
            copies.append { disk.crashed(.keepAll) }
        }
        _ = try store.append(Self.big, to: .records)
        disk.observeBefore(nil)
        let end = Int(try #require(try store.slots().first).durableBytes)
        return (fixture.on(try #require(copies.values().first)), path, start..<end)
    }

    @Test("With any one sector of it missing it is given up as a whole, and with none it is there as a whole")
    func sectors() throws {
        let (fixture, path, commit) = try unsynced()
        #expect(commit.count > 3 * 13_000)
        let whole = try fixture.on(fixture.disk.killed()).open()
        #expect(try whole.feeds().map(\.stored.position) == [6])
        for sector in stride(from: commit.lowerBound / 512 * 512, to: commit.upperBound, by: 512) {
            var after = fixture.on(fixture.disk.killed())
            let lost = max(sector, commit.lowerBound)..<min(sector + 512, commit.upperBound)
            try after.disk.overwrite(path, at: lost.lowerBound, with: [UInt8](repeating: 0, count: lost.count))
            let store = try after.open()
            try after.check(store, "sector \(sector)")
            #expect(try store.incidents().isEmpty && after.quarantine().count == 1, "sector \(sector)")
            try after.append("after", with: store)
            try after.check(store, "sector \(sector)")
            #expect(after.acknowledged.map(\.reference.position) == [1, 2])
        }
    }

    @Test("It is given to the disk block by block, and synced once")
    func pieces() throws {
        let fixture = try StoreFixture()
        let store = try fixture.open("writer")
        _ = try store.append([[1]], to: .records)
        let path = try fixture.segments(store)[0]
        let before = fixture.disk.calls.count
        let references = try store.append(Self.big, to: .records)
        #expect(references.map(\.position) == Array(2...6))
        let calls = fixture.disk.calls[before...].filter { $0.path == path && $0.operation.changesDisk }
        #expect(calls.map(\.operation).filter { $0 != .allocate } == [.write, .write, .write, .synchronize])
    }

    @Test("A commit that HEADS knew to be whole is damage when any block of it is not", arguments: 0..<3)
    func acknowledged(block: Int) throws {
        let fixture = try StoreFixture()
        let store = try fixture.open("writer")
        _ = try store.append(Self.big, to: .records)
        try store.close()
        let path = try fixture.segments(store)[0]
        let after = fixture.on(fixture.disk.crashed(.dropAll))
        try after.disk.flipBit(path, byte: SegmentHeader.lengthBytes + 200 + block * 26_100)
        let again = try after.open()
        #expect(try again.incidents().map(\.kind).sorted() == ["damage", "epoch"])
    }

    @Test("A later commit proves that one before was whole, whichever of its blocks is damaged", arguments: 0..<3)
    func laterCommit(block: Int) throws {
        var fixture = try StoreFixture()
        let store = try fixture.open("writer")
        // HEADS is made durable with the first one, and not again.
        try fixture.append("before", with: store)
        let start = Int(try #require(try store.slots().first).durableBytes)
        _ = try store.append(Self.big, to: .records)
        _ = try store.append([[1]], to: .records)
        let after = fixture.on(fixture.disk.crashed(.dropAll))
        try after.disk.flipBit(try fixture.segments(store)[0], byte: start + 200 + block * 26_100)
        let again = try after.open()
        #expect(try again.incidents().map(\.kind).sorted() == ["damage", "epoch"])
        #expect(try after.quarantine().isEmpty)
    }

    @Test("A block of another commit inside one is damage: no writer leaves that, and no crash")
    func foreignBlock() throws {
        let fixture = try StoreFixture()
        let store = try fixture.open("writer")
        _ = try store.append([[1]], to: .records)
        try store.close()
        let path = try fixture.segments(store)[0]
        let slot = try #require(try store.slots().first)
        let header = try SegmentHeader(decoding: Array(fixture.disk.contents(path)))
        let first = try Block.plain([[2]], after: slot.stored).blocks[0]
        let second = try Block.plain([[3]], after: first.header.head).blocks[0]
        var bytes: [UInt8] = []
        let start = slot.durableBytes
        BlockPlace(offsetBytes: start, durableOffsetBytes: start, endsCommit: false)
            .encode(first, salt: header.salt, into: &bytes)
        let next = start + UInt64(bytes.count)
        BlockPlace(offsetBytes: next, durableOffsetBytes: next).encode(second, salt: header.salt, into: &bytes)
        let after = fixture.on(fixture.disk.crashed(.dropAll))
        try after.disk.overwrite(path, at: Int(start), with: bytes)
        #expect(try after.open().incidents().map(\.kind).sorted() == ["damage", "epoch"])
    }

    private struct Vector: Decodable {
        var unfinished, digest: String
        var unfinishedEnd: UInt64
        var unfinishedPosition: UInt64
        var unfinishedDigest: String
    }

    @Test("The published segment with an unfinished commit at its tail ends where that commit begins")
    func vector() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Protocol/vectors/log/segment.json")
        let vector = try JSONDecoder().decode(Vector.self, from: Data(contentsOf: file))
        let bytes = try #require([UInt8](hexadecimal: vector.unfinished))
        let header = try SegmentHeader(decoding: bytes)
        let process = SimulatedDisk().process()
        let directory = FeedDirectory(fileSystem: process, path: "/srv/feed", feed: header.feed)
        try process.makeDirectories(directory.path)
        let name = SegmentName(firstPosition: 1, kind: .raw)
        try process.createFile(directory.path(of: name), with: bytes)
        let tail = try SegmentTail(RawSegment.open(name, in: directory), upTo: UInt64(bytes.count))
        #expect(tail.contradiction == nil)
        #expect(tail.endOffsetBytes == vector.unfinishedEnd)
        #expect(tail.head.position == vector.unfinishedPosition)
        #expect(tail.head.digest.description == vector.unfinishedDigest)
        #expect(tail.hasRest)
    }
}
