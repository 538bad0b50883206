import LogFormat
import TestSupport
import Testing

@testable import SyncProtocol

@Suite("What is noted of other sites")
struct SiteNotesTests {
    private let site: SiteID
    private let other: SiteID
    private let epochs: [EpochID]

    init() throws {
        site = try #require(SiteID((0..<16).map { $0 }))
        other = try #require(SiteID((1..<17).map { $0 }))
        epochs = try (0..<3).map { number in
            try #require(EpochID((0..<8).map { UInt8(number * 8 + $0) }))
        }
    }

    private func rows(_ count: Int, seed: UInt64) throws -> [Frontier.Row] {
        var generator = SplitMix64(seed: seed)
        return try (0..<count).map { number in
            let epoch = try #require(EpochID(generator.bytes(8)))
            let digest = try #require(ChainDigest(generator.bytes(32)))
            return Frontier.Row(
                feed: FeedID(site: number % 2 == 0 ? site : other, epoch: epoch, lane: Lane.allCases[number % 4]),
                head: FeedHead(position: UInt64(number) * 7 + 1, digest: digest)
            )
        }.sorted { $0.feed < $1.feed }
    }

    /// Every second row is known with its whole digest.
    private func memory(_ count: Int, seed: UInt64 = 1, epoch: Int = 0, wall: Int64 = 5) throws -> PeerMemory {
        let rows = try rows(count, seed: seed)
        var vector = HaveVector()
        for row in rows {
            vector[row.feed] = HaveRow(
                position: row.head.position,
                digest: ShortDigest(row.head.digest),
                bytes: row.head.position * 100
            )
        }
        let known = rows.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
        return PeerMemory(epoch: epochs[epoch], wallMilliseconds: wall, vector: vector, acknowledged: known)
    }

    private func statement(_ vector: HaveVector, epoch: Int = 0, wall: Int64) -> BundleStatement {
        BundleStatement(
            hello: .init(
                versions: SyncMessage.Hello.supportedVersions,
                features: 0,
                registry: RegistryID(foundedBy: [1]),
                site: site,
                epoch: epochs[epoch],
                wallMilliseconds: wall,
                program: "test"
            ),
            vector: vector
        )
    }

    @Test("They are read as they were written; a changed byte, an end that is missing and another version are noticed")
    func bytes() throws {
        var notes = SiteNotes()
        notes.number = 41
        notes.take(try memory(9), of: other, at: 1_000)
        // It was told some of the rows it said, one otherwise, and one of a feed it has nothing of.
        var told = try memory(12, seed: 2)
        var said = told.vector
        let rows = Array(said)
        for row in rows[..<4] { said[row.feed] = nil }
        said[rows[5].feed]?.position += 1
        said[FeedID(site: other, epoch: epochs[2], lane: .urgent)] = rows[6].row
        told.said = said
        notes.take(told, of: site, at: -3)
        let bytes = notes.encoded
        let read = try SiteNotes(bytes)
        #expect(read == notes)
        #expect(read[site]?.memory.said?.digest == said.digest && read[other]?.memory.said == nil)
        #expect(try SiteNotes(SiteNotes().encoded) == SiteNotes())
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 1
            #expect(throws: SyncError.self) { try SiteNotes(damaged) }
        }
        for length in 0..<bytes.count {
            #expect(throws: SyncError.self) { try SiteNotes(Array(bytes.prefix(length))) }
        }
    }

    @Test("A file with a right checksum and wrong contents is refused", arguments: 0..<7)
    func contents(way: Int) throws {
        var notes = SiteNotes()
        notes.take(try memory(2), of: site, at: 1)
        notes.take(try memory(2), of: other, at: 1)
        var bytes = notes.encoded
        switch way {
        case 0: bytes[20 + 48] = 2
        case 1: bytes[20 + 52] = 0
        case 2: bytes.replaceSubrange(20..<36, with: other.bytes)
        case 3: bytes[20 + 60 + 24] = 9
        case 4: bytes.replaceSubrange(20 + 60 + 25..<20 + 60 + 33, with: [UInt8](repeating: 0, count: 8))
        case 5: bytes[20 + 51] = 7
        default: bytes.removeLast(1)
        }
        var content = Array(bytes[12...])
        var sum = Checksum.of(content)
        content =
            bytes[..<8]
            + (0..<4).map { _ in
                defer { sum >>= 8 }
                return UInt8(truncatingIfNeeded: sum)
            } + content
        #expect(throws: SyncError.self) { try SiteNotes(content) }
    }

    @Test("Of a site the newest word counts, on a connection or in a bundle, whichever way it came first")
    func order() throws {
        let (old, new) = (try memory(3), try memory(4))
        var notes = SiteNotes()
        var news = [notes.take(statement(old.vector, wall: 10), number: 5, at: 1)]
        #expect(news == [true] && notes.vectors[site] == old.vector)
        news = [
            notes.take(statement(new.vector, wall: 10), number: 5, at: 2),
            notes.take(statement(new.vector, wall: 9), number: 4, at: 2),
        ]
        #expect(news == [false, false] && notes.vectors[site] == old.vector)
        // A bundle that was made before the two spoke says nothing new; one that was made later does.
        var spoken = try memory(5)
        spoken.wallMilliseconds = 20
        notes.take(spoken, of: site, at: 3)
        news = [notes.take(statement(new.vector, wall: 19), number: 6, at: 4)]
        #expect(news == [false] && notes.vectors[site] == spoken.vector && notes[site]?.bundle == 5)
        news = [notes.take(statement(new.vector, wall: 21), number: 7, at: 5)]
        #expect(news == [true] && notes.vectors[site] == new.vector)
        // Its clock was set back: of two bundles the number tells.
        news = [notes.take(statement(old.vector, wall: 2), number: 8, at: 6)]
        #expect(news == [true] && notes.vectors[site] == old.vector)
        // Restored: it may have forgotten how many it had made.
        news = [
            notes.take(statement(new.vector, epoch: 1, wall: 2), number: 1, at: 7),
            notes.take(statement(new.vector, epoch: 1, wall: 3), number: 1, at: 8),
        ]
        #expect(news == [false, true])
        #expect(notes[site]?.memory.epoch == epochs[1])
    }

    @Test("A sender that counts anew is heard: it was restored, lost what it had noted, or can note nothing")
    func countsAnew() throws {
        let (old, new) = (try memory(3), try memory(4))
        // Restored, and met once in between.
        var notes = SiteNotes()
        _ = notes.take(statement(old.vector, wall: 10), number: 50, at: 1)
        notes.take(try memory(5, epoch: 1, wall: 20), of: site, at: 2)
        var news = [notes.take(statement(new.vector, epoch: 1, wall: 21), number: 1, at: 3)]
        #expect(news == [true] && notes.vectors[site] == new.vector && notes[site]?.bundle == 1)
        // In the same epoch.
        notes = SiteNotes()
        _ = notes.take(statement(old.vector, wall: 10), number: 50, at: 1)
        news = [notes.take(statement(new.vector, wall: 11), number: 1, at: 2)]
        #expect(news == [true] && notes.vectors[site] == new.vector && notes[site]?.bundle == 1)
        // Always with the same number.
        news = [notes.take(statement(old.vector, wall: 12), number: 1, at: 3)]
        #expect(news == [true] && notes.vectors[site] == old.vector)
        // The same one again, and one of before.
        news = [
            notes.take(statement(new.vector, wall: 12), number: 1, at: 4),
            notes.take(statement(new.vector, wall: 11), number: 1, at: 4),
        ]
        #expect(news == [false, false] && notes.vectors[site] == old.vector)
    }

    @Test("Of more sites than there is room for, those heard longest ago are left out")
    func room() throws {
        var notes = SiteNotes()
        notes.take(try memory(3), of: site, at: 2)
        notes.take(try memory(3), of: other, at: 1)
        var alone = SiteNotes()
        alone.take(try memory(3), of: site, at: 2)
        let one = alone.encoded.count
        let kept = try SiteNotes(notes.encoded(limitBytes: one))
        #expect(kept == alone)
        #expect(try SiteNotes(notes.encoded(limitBytes: one - 1)).sites.isEmpty)
        #expect(try SiteNotes(notes.encoded(limitBytes: 2 * one)) == notes)
    }

    @Test("What thousands say alike is written once, and read as one")
    func alike() throws {
        var notes = SiteNotes()
        var generator = SplitMix64(seed: 9)
        var told = try memory(400, seed: 3)
        told.said = told.vector
        let rows = Array(told.vector)
        for number in 0..<40 {
            // Each has something else of one feed, and was told something else of another.
            var own = told
            own.vector[rows[number].feed]?.position += 1
            own.said?[rows[number + 50].feed]?.position += 2
            notes.take(own, of: try #require(SiteID(generator.bytes(16))), at: Int64(number))
        }
        let bytes = notes.encoded
        #expect(try SiteNotes(bytes) == notes)
        // All rows lie in two parts here, so that each other row writes one of them anew; a thousand sites have many.
        var same = SiteNotes()
        for number in 0..<300 {
            same.take(told, of: try #require(SiteID(generator.bytes(16))), at: Int64(number))
        }
        #expect(try SiteNotes(same.encoded) == same)
        #expect(same.encoded.count < 400 * 74 + 300 * 60)
    }
}
