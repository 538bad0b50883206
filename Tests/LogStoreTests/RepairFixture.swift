import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

/// A store of several segments, sealed and raw, and a copy of it from before the harm.
struct RepairFixture {
    static let copy = "/mnt/copy"

    var fixture: StoreFixture
    let feed: FeedID
    var disk: SimulatedDisk { fixture.disk }
    var folder: String { StorePaths(root: StoreFixture.root).feed(feed) }

    /// Four closed segments, the first two sealed, and one in use.
    init(seed: UInt64 = 1) throws {
        fixture = try StoreFixture(seed: seed)
        let store = try fixture.open("writer")
        feed = FeedID(site: store.site, epoch: store.epoch, lane: .records)
        for number in 0..<4 {
            for _ in 0..<3 { try fixture.append("entry \(number) of some length, as entries are", with: store) }
            _ = try store.closeActiveSegments()
            if number == 1 { _ = try store.seal() }
        }
        try fixture.append("the last but one", "the last", with: store)
        try store.close()
        try disk.process().makeDirectories("/mnt")
        try disk.copyTree(StoreFixture.root, to: Self.copy)
    }

    init(_ other: RepairFixture, on disk: SimulatedDisk) {
        fixture = other.fixture.on(disk)
        feed = other.feed
    }

    func open(_ name: String = "judge") throws(StorageError) -> LogStore { try fixture.open(name) }

    func source() throws(StorageError) -> StoreCopy { try StoreCopy(at: Self.copy, in: disk.process("source")) }

    /// A first backup, to a folder.
    func backUp(to path: String) throws {
        let writer = try fixture.open("writer")
        try writer.useBackupKey(BackupKey())
        _ = try writer.backUp(to: path)
        try writer.close()
    }

    /// Files of the feed, by name.
    func files() throws -> [String] { try disk.process().listDirectory(folder).filter { $0.hasSuffix("seg") } }

    /// Spoils something and gives back what it is called.
    enum Harm: String, CaseIterable, CustomTestStringConvertible {
        case header, body, end, cut, gone, empty
        var testDescription: String { rawValue }
    }

    func harm(_ file: String, _ harm: Harm) throws {
        let path = "\(folder)/\(file)"
        let bytes = try disk.contents(path)
        switch harm {
        case .header: try disk.flipBit(path, byte: 100)
        case .body: try disk.flipBit(path, byte: SegmentHeader.lengthBytes + 90)
        // Of a raw file the space reserved behind is nobody's.
        case .end: try disk.flipBit(path, byte: try #require(bytes.lastIndex { $0 != 0 }) - 5)
        case .cut: try disk.truncate(path, to: SegmentHeader.lengthBytes + 60)
        case .gone: try disk.remove(path)
        case .empty: try disk.truncate(path, to: 0)
        }
    }

    /// Everything that was acknowledged is there, proven, and recording goes on.
    func expectWhole(_ comment: Comment) throws {
        let store = try open("last judge")
        let report = try store.verifyAll()
        #expect(!report.isDamaged, "\(comment): \(report.all)")
        try fixture.check(store, comment)
        var after = fixture
        try after.append("recorded afterwards", with: store)
        try after.check(store, comment)
        _ = try store.closeActiveSegments()
        _ = try store.seal()
        try after.check(store, comment)
        let last = try store.verifyAll()
        #expect(!last.isDamaged, "\(comment), sealed: \(last.all)")
    }
}
