import Crypto
import LogFormat
import LogStore
import StoreIO
import TestSupport
import Testing

@Suite("Checkpoints of a feed")
struct CheckpointFileTests {
    private let key = Curve25519.Signing.PrivateKey()

    private func checkpoint(_ position: UInt64) throws -> Checkpoint {
        let site = SitePublicKey(key.publicKey)
        let epoch = try #require(EpochID([UInt8](repeating: 1, count: 8)))
        let start = FeedChain.start(key: site, epoch: epoch, lane: .records)
        return try Checkpoint(
            signing: FeedHead(position: position, digest: start.digest),
            of: FeedID(site: site.siteID, epoch: epoch, lane: .records),
            registry: RegistryID(foundedBy: [1]),
            with: key
        )
    }

    private func file(on process: SimulatedProcess) throws -> CheckpointFile {
        CheckpointFile(FeedDirectory(fileSystem: process, path: "/srv", feed: try checkpoint(1).feed))
    }

    @Test("Rows come back in order, and the best one is the furthest within reach")
    func rows() throws {
        let file = try file(on: SimulatedDisk().process())
        #expect(try file.rows() == [])
        #expect(try file.best(through: 9) == nil)
        let given = try [3, 7, 5].map { try checkpoint($0) }
        for row in given { try file.append(row) }
        #expect(try file.rows() == given)
        #expect(try file.best(through: 2) == nil)
        #expect(try file.best(through: 6) == given[2])
        #expect(try file.best(through: 100) == given[1])
    }

    @Test("A row is durable when it was added, and a power cut in the middle leaves the earlier ones")
    func powerCuts() throws {
        let disk = SimulatedDisk()
        let file = try file(on: disk.process())
        let given = try (1...4).map { try checkpoint($0) }
        for (count, row) in given.enumerated() {
            let images = Recorded<SimulatedDisk>()
            disk.observe { _ in
                for seed in UInt64(0)..<8 { images.append { disk.crashed(.seeded(seed)) } }
                images.append { disk.crashed(.dropAll) }
            }
            try file.append(row)
            disk.observe(nil)
            #expect(try self.file(on: disk.crashed(.dropAll).process()).rows() == Array(given[...count]))
            for image in try images.values() {
                let after = try self.file(on: image.process())
                let found = try after.rows()
                #expect(found == Array(given[..<count]) || found == Array(given[...count]))
                // Whatever was left, the next one has its place.
                try after.append(row)
                #expect(try after.rows().last == row)
                #expect(try after.best(through: UInt64(count)) == (count == 0 ? nil : given[count - 1]))
            }
        }
    }

    @Test("A damaged row is passed over, the file stays small, and a failing disk is no empty file")
    func damage() throws {
        let disk = SimulatedDisk()
        let file = try file(on: disk.process())
        for position in UInt64(1)...3 { try file.append(try checkpoint(position)) }
        try disk.flipBit("/srv/CHECKPOINTS", byte: 200)
        #expect(try file.rows().map(\.head.position) == [1, 3])
        for position in UInt64(4)...200 { try file.append(try checkpoint(position)) }
        #expect(try disk.contents("/srv/CHECKPOINTS").count <= 64 * Checkpoint.lengthBytes)
        #expect(try file.best(through: .max)?.head.position == 200)
        // Whoever stands anywhere finds a statement that is not far below.
        for position in UInt64(201)...600 { try file.append(try checkpoint(position)) }
        for position in UInt64(1)...600 {
            let best = try file.best(through: position)?.head.position ?? 0
            #expect(600 - best <= 3 * (600 - position), "\(position)")
            if position > 568 { #expect(best == position) }
        }
        let failing = disk.process("failing", faults: .from(0, .inputOutput) { $0 == .read })
        #expect(throws: StorageError(.inputOutput, "")) { try self.file(on: failing).rows() }
    }
}
