import Foundation
import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

@Suite("Golden stores")
struct GoldenStoreTests {
    /// Everything the manifest says is there and proven, nothing else is, and the store can be written.
    private static func check(_ disk: SimulatedDisk, _ manifest: GoldenStore.Manifest) throws {
        let surroundings = disk.process("reader").surroundings
        let store = try LogStore.open(at: GoldenStore.root, in: surroundings)
        #expect(store.site.description == manifest.site)
        #expect(store.epoch.description == manifest.epoch)
        #expect(store.alias == manifest.alias)
        #expect(store.registry?.description == manifest.registry)
        #expect(try store.incidents().isEmpty)
        try compare(store, manifest)
        for report in try store.verify() {
            #expect(report.findings.filter { $0.weight == .damage } == [], "\(report.feed)")
        }
        // Copied to another disk: the site goes on in a new epoch, and what was recorded stays as it is.
        let references = try store.append([Array("afterwards".utf8)], to: .records)
        #expect(references.map(\.position) == [1])
        #expect(store.epoch.description != manifest.epoch)
        try compare(store, manifest)
    }

    private static func compare(_ store: LogStore, _ manifest: GoldenStore.Manifest) throws {
        let slots = try store.slots().filter {
            $0.feed.site != store.site || $0.feed.epoch.description == manifest.epoch
        }
        #expect(slots.count == manifest.feeds.count)
        for expected in manifest.feeds {
            let slot = try #require(
                slots.first {
                    $0.feed.site.description == expected.site && $0.feed.epoch.description == expected.epoch
                        && $0.feed.lane.rawValue == expected.lane
                }
            )
            #expect(slot.stored.position == UInt64(expected.entries.count))
            #expect(slot.stored.digest.description == expected.digest)
            #expect(slot.attested.position == expected.attested)
            let entries = try store.reader(slot, through: slot.stored).entries(after: 0, limitBytes: .max)
            #expect(entries.map { String(decoding: $0.bytes, as: UTF8.self) } == expected.entries)
        }
    }

    /// Every store that is kept, by its format.
    private static func kept() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: GoldenStore.folder("")).sorted()
            .filter { $0.hasPrefix("format-") && $0 != "format-next" }
    }

    @Test(
        "Every format that was released has a store here, and each of them opens, after an upgrade where it is not of today"
    )
    func everyFormat() throws {
        let kept = try Self.kept()
        let all = (0...StoreFormat.current).map { "format-\($0)" }
        #expect(kept == all)
        for name in kept {
            let (disk, manifest) = try GoldenStore.load(name)
            let result = try LogStore.upgrade(at: GoldenStore.root, in: disk.process().surroundings)
            #expect("format-\(result.formerVersion)" == name)
            try Self.check(disk, manifest)
        }
    }

    @Test("The store of format 0 is refused with a sentence that says what to do, and left as it is")
    func formatZeroIsRefused() throws {
        let (disk, _) = try GoldenStore.load("format-0")
        let before = try disk.tree()
        let error = try failure { _ = try LogStore.open(at: GoldenStore.root, in: disk.process().surroundings) }
        #expect(error.code == .unsupportedFormat)
        #expect(error.message.contains("`abscope store upgrade`"))
        #expect(try disk.tree() == before)
    }

    @Test("A dry run of the upgrade says what it would do and changes no byte")
    func dryRun() throws {
        let (disk, manifest) = try GoldenStore.load("format-0")
        func files() throws -> [String: [UInt8]] {
            var files: [String: [UInt8]] = [:]
            for path in try disk.tree(GoldenStore.root) {
                let isFile = try disk.process().status(path)?.kind == .file
                files[path] = isFile ? try disk.contents(path) : []
            }
            return files
        }
        let before = try files()
        let result = try LogStore.upgrade(at: GoldenStore.root, in: disk.process().surroundings, isDryRun: true)
        #expect(result.formerVersion == 0 && result.version == StoreFormat.current)
        #expect(result.segments == manifest.segments.count { $0.hasSuffix(".seg") })
        #expect(try files() == before)
        #expect(try LogStore.upgrade(at: GoldenStore.root, in: disk.process().surroundings) == result)
    }

    @Test("The store of format 0 is upgraded and holds all that it held; a second upgrade has nothing to do")
    func upgrade() throws {
        let (disk, manifest) = try GoldenStore.load("format-0")
        let raw = manifest.segments.filter { $0.hasSuffix(".seg") }
        var seen: [Int] = []
        let result = try LogStore.upgrade(at: GoldenStore.root, in: disk.process().surroundings) { done, total in
            seen.append(done)
            #expect(total == raw.count)
        }
        #expect(result == UpgradeResult(formerVersion: 0, version: 1, segments: raw.count))
        #expect(seen == Array(1...raw.count))
        let again = try LogStore.upgrade(at: GoldenStore.root, in: disk.process().surroundings)
        #expect(again == UpgradeResult(formerVersion: 1, version: 1, segments: 0))
        try Self.check(disk.crashed(.dropAll), manifest)
    }

    @Test(
        "A kill or a power cut at any call of the upgrade leaves a store that is upgraded or that the next upgrade takes up"
    )
    func crashWhileUpgrading() throws {
        let (disk, manifest) = try GoldenStore.load("format-0")
        let judged = try CrashSweep(singleItems: 2, seededCuts: 2).run(on: disk) {
            _ = try LogStore.upgrade(at: GoldenStore.root, in: disk.process("upgrading").surroundings)
        } judge: { after, point in
            let format = try StoreFormat(
                at: StorePaths(root: GoldenStore.root),
                in: after.process(),
                isUpgrading: true
            )
            if format.version == 0 {
                let error = try failure {
                    _ = try LogStore.open(at: GoldenStore.root, in: after.process().surroundings)
                }
                #expect(error.code == .unsupportedFormat, "\(point)")
                _ = try LogStore.upgrade(at: GoldenStore.root, in: after.process("again").surroundings)
            }
            try Self.check(after, manifest)
            #expect(try after.tree("\(GoldenStore.root)/tmp").isEmpty, "\(point)")
        }
        #expect(judged > 60)
    }

    @Test(
        "A failure at any call of the upgrade damages nothing, and the next upgrade succeeds",
        arguments: [DiskFault.noSpace, .shortWrite, .inputOutput, .readOnly]
    )
    func failWhileUpgrading(fault: DiskFault) throws {
        let (disk, manifest) = try GoldenStore.load("format-0")
        let judged = try FaultSweep.run(fault, from: disk) { process throws(StorageError) in
            _ = try LogStore.upgrade(at: GoldenStore.root, in: process.surroundings)
        } judge: { after, _ in
            _ = try LogStore.upgrade(at: GoldenStore.root, in: after.process("again").surroundings)
            try Self.check(after.crashed(.dropAll), manifest)
        }
        #expect(judged > 60)
    }

    @Test("A store that a program has open is not upgraded, and one that is being upgraded is not opened")
    func locked() throws {
        let fixture = try StoreFixture()
        let open = try fixture.open()
        let error = try failure {
            _ = try LogStore.upgrade(at: StoreFixture.root, in: fixture.disk.process().surroundings)
        }
        #expect(error.code == .locked)
        try open.close()
        let (disk, manifest) = try GoldenStore.load("format-0")
        let seen = Recorded<StorageError.Code>()
        disk.observe { call in
            guard call.process == "upgrading", call.operation == .rename else { return }
            seen.append {
                try failure { _ = try LogStore.open(at: GoldenStore.root, in: disk.process("other").surroundings) }.code
            }
        }
        _ = try LogStore.upgrade(at: GoldenStore.root, in: disk.process("upgrading").surroundings)
        disk.observe(nil)
        #expect(try Set(seen.values()) == [.locked])
        try Self.check(disk, manifest)
    }

    @Test("What is torn or damaged in format 0 is the same in format 1: nothing becomes valid by the upgrade")
    func damageStays() throws {
        let (disk, manifest) = try GoldenStore.load("format-0")
        let path = "\(GoldenStore.root)/\(try #require(manifest.segments.first { $0.hasSuffix(".seg") }))"
        let bytes = try disk.contents(path)
        let end = try #require(bytes.lastIndex { $0 != 0 })
        for byte in stride(from: 0, through: end, by: 7) {
            var flipped = bytes
            flipped[byte] ^= 4
            guard let upgraded = FormatZero.upgraded(rawSegment: flipped) else {
                #expect(byte < SegmentHeader.lengthBytes)
                continue
            }
            let header = try SegmentHeader(decoding: upgraded)
            var index = SegmentHeader.lengthBytes
            while index <= byte {
                do throws(FormatError) {
                    let found = try SegmentScan.block(in: upgraded, at: index, bufferOffsetBytes: 0, salt: header.salt)
                    #expect(Int(found.endOffsetBytes) <= byte, "byte \(byte)")
                    index = Int(found.endOffsetBytes)
                } catch {
                    break
                }
            }
        }
        let upgraded = try #require(FormatZero.upgraded(rawSegment: bytes))
        #expect(FormatZero.upgraded(rawSegment: upgraded) == nil)
    }

    @Test(
        "The store of the format to come is made anew",
        .enabled(
            if: ProcessInfo.processInfo.environment["ABSCOPE_GOLDEN_NEXT"] != nil,
            "ABSCOPE_GOLDEN_NEXT=1 writes Golden/format-next"
        )
    )
    func makeNext() throws { try GoldenStore.makeNext() }
}
