import Foundation
import Testing

@testable import FuzzTargets

/// Every input that once failed, and every input the fuzzers begin with, runs with every test.
@Suite struct CrasherTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Proof/fuzz")

    /// The committed inputs of a target, by name.
    static func inputs(_ kind: String, _ target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
        let folder = folder.appending(path: "\(kind)/\(target.rawValue)")
        guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
            .map { ($0.lastPathComponent, Array(try Data(contentsOf: $0))) }
    }

    @Test(arguments: FuzzTarget.allCases)
    func `what once failed does not fail again`(target: FuzzTarget) throws {
        for input in try Self.inputs("crashers", target) + Self.inputs("corpus", target) {
            #expect(throws: Never.self, "\(target.rawValue)/\(input.name)") { try target.run(input.bytes) }
        }
    }

    @Test(arguments: FuzzTarget.allCases)
    func `whole files, entries and messages are taken`(target: FuzzTarget) throws {
        for seed in try target.seeds() {
            #expect(throws: Never.self, "\(target.rawValue), \(seed.prefix(1))") { try target.run(seed) }
        }
    }

    @Test func `a target that is not listed has no inputs`() throws {
        for kind in ["crashers", "corpus"] {
            let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.appending(path: kind).path)
            #expect(Set(names).subtracting([".gitkeep"]).isSubset(of: FuzzTarget.allCases.map(\.rawValue)))
        }
    }
}

/// What the fuzzers put right must be what the format says: on whole bytes nothing changes.
@Suite struct ChecksumTests {
    static func spoiled(_ bytes: [UInt8], at places: [Int]) -> [UInt8] {
        var bytes = bytes
        for place in places { bytes[place] ^= 0xFF }
        return bytes
    }

    @Test(arguments: [false, true])
    func `checksums of a raw segment are made anew`(chain: Bool) throws {
        let template = StoreTemplate.shared
        for path in [template.ownRaw, template.replicaRaw] {
            let whole = try template.seed(path)
            // Of the header, the first place and the first block's header and contents.
            var bytes = Self.spoiled(whole, at: [252, 256 + 4, 256 + 16 + 24, 256 + 16 + 60])
            Checksums.rawSegment(&bytes, chain: chain)
            #expect(bytes == whole)
        }
    }

    @Test(arguments: [false, true])
    func `checksums of a sealed segment are made anew`(chain: Bool) throws {
        let whole = try StoreTemplate.shared.seed(StoreTemplate.shared.ownSealed)
        var bytes = Self.spoiled(whole, at: [252, 256 + 24, 256 + 60, whole.count - 4, whole.count - 128 + 20])
        Checksums.sealedSegment(&bytes, chain: chain)
        #expect(bytes == whole)
    }

    @Test func `checksums of HEADS and of checkpoints are made anew`() throws {
        let template = StoreTemplate.shared
        let heads = try template.seed("\(StoreTemplate.root)/HEADS")
        var bytes = Self.spoiled(heads, at: [60, 512 + 60])
        for slot in stride(from: 1024, to: heads.count, by: 512) where heads[slot] != 0 { bytes[slot + 188] ^= 0xFF }
        Checksums.heads(&bytes)
        #expect(bytes == heads)
        let checkpoints = try template.seed(template.replicaCheckpoints)
        bytes = Self.spoiled(checkpoints, at: [168])
        Checksums.checkpoints(&bytes)
        #expect(bytes == checkpoints)
    }

    @Test(arguments: ["FORMAT", "SITE", "site.key", "REGISTRY"])
    func `checksums of text records are made anew`(name: String) throws {
        let whole = try StoreTemplate.shared.seed("\(StoreTemplate.root)/\(name)")
        var bytes = Self.spoiled(whole, at: [whole.count - 2])
        Checksums.text(&bytes)
        #expect(bytes == whole)
    }
}
