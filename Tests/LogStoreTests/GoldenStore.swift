import Foundation
import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

/// A small store with one of everything a log can hold, kept in the repository for every released format.
///
/// The files of a released format are never made again: they are what is in the field.
struct GoldenStore {
    /// What the store holds, written down while it was made and not read from it.
    struct Manifest: Codable, Equatable {
        struct Feed: Codable, Equatable {
            var site, epoch: String
            var lane: UInt8
            /// All entries, in order.
            var entries: [String]
            /// The chain digest after the last one.
            var digest: String
            /// How many of them are attested.
            var attested: UInt64
        }

        var site, epoch, alias, registry: String
        var feeds: [Feed]
        /// Segment files below the feeds' folders.
        var segments: [String]
    }

    static let root = "/srv/store"
    static let seed: UInt64 = 2_026

    /// The folder of a format's store in the repository.
    static func folder(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name)").path()
    }

    // MARK: - Reading

    /// Puts the files of a golden store on a new disk.
    ///
    /// - Parameter name: For instance `format-1`.
    /// - Returns: The disk, all durable, and what the store must hold.
    /// - Throws: What is missing in the repository.
    static func load(_ name: String) throws -> (SimulatedDisk, Manifest) {
        let folder = folder(name)
        let disk = SimulatedDisk(seed: 7)
        let process = disk.process("copying")
        let files = "\(folder)/store"
        let relative = try FileManager.default.subpathsOfDirectory(atPath: files).sorted()
        try #require(relative.contains("FORMAT"))
        // Empty folders are not kept in the repository.
        for name in ["feeds", "view", "tmp", "quarantine", "incidents"] {
            try process.makeDirectories("\(root)/\(name)")
        }
        for path in relative {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(files)/\(path)")
            if attributes[.type] as? FileAttributeType == .typeDirectory {
                try process.makeDirectories("\(root)/\(path)")
            } else {
                let bytes = try Data(contentsOf: URL(filePath: "\(files)/\(path)"))
                try process.createFile("\(root)/\(path)", with: [UInt8](bytes))
            }
        }
        let manifest = try Data(contentsOf: URL(filePath: "\(folder)/manifest.json"))
        return (disk.crashed(.keepAll), try JSONDecoder().decode(Manifest.self, from: manifest))
    }

    // MARK: - Making

    private let disk = SimulatedDisk(seed: seed)
    private var texts: [FeedID: [String]] = [:]

    private static var options: StoreOptions {
        var options = StoreOptions()
        options.segmentBytes = 1_500
        options.allocationStepBytes = 4_096
        return options
    }

    private func open(_ name: String, faults: FaultPlan = .none) throws -> LogStore {
        try LogStore.open(at: Self.root, in: disk.process(name, faults: faults).surroundings, options: Self.options)
    }

    private mutating func record(_ count: Int, of bytes: Int, to lane: Lane, of store: LogStore) throws {
        let feed = FeedID(site: store.site, epoch: store.epoch, lane: lane)
        let known = texts[feed, default: []].count
        let fresh = (0..<count).map { number -> String in
            var text = "entry \(known + number + 1) of lane \(lane.rawValue): "
            while text.utf8.count < bytes { text += "fraction \(text.utf8.count) given, " }
            return text
        }
        let references = try store.append(fresh.map { Array($0.utf8) }, to: lane)
        try #require(references.last?.position == UInt64(known + count))
        texts[feed, default: []] += fresh
    }

    /// Makes the store in the format that this program writes and puts it into the repository as `format-next`.
    static func makeNext() throws {
        var golden = GoldenStore()
        try golden.make()
    }

    private mutating func make() throws {
        let store = try LogStore.create(
            at: Self.root,
            alias: "GY",
            in: disk.process("maker").surroundings,
            options: Self.options
        )
        let registry = RegistryID(foundedBy: Array("golden".utf8))
        try store.join(registry)
        // Two sealed segments, the first of a commit of three blocks.
        try record(4, of: 14_000, to: .records, of: store)
        try record(6, of: 300, to: .records, of: store)
        try record(1, of: 100, to: .records, of: store)
        _ = try store.seal()
        // Closed raw ones, the first of a commit of two blocks, and the one in use.
        try record(4, of: 14_000, to: .records, of: store)
        try record(5, of: 320, to: .records, of: store)
        try record(1, of: 60, to: .records, of: store)
        // A segment that a killed writer left, and the next.
        try record(2, of: 80, to: .urgent, of: store)
        let dying = try open("dying", faults: Self.inSegments(.write, .killAfter))
        #expect(try failure { _ = try dying.append([Array("never acknowledged".utf8)], to: .urgent) }.code == .halted)
        try record(2, of: 80, to: .urgent, of: try open("taking over"))
        // A segment that a failed sync closed for ever, and the next.
        try record(2, of: 70, to: .attachments, of: store)
        let once = Recorded<Void>()
        let unlucky = try open(
            "unlucky",
            faults: FaultPlan { call in
                guard call.operation == .synchronize, call.path.contains("/feeds/"),
                    (try? once.values().isEmpty) == true
                else { return nil }
                once.append {}
                return .inputOutput
            }
        )
        try record(2, of: 70, to: .attachments, of: unlucky)
        let (feed, head, attested) = try replicate(registry, into: store)
        try store.close()
        try write(store, registry, replica: (feed, head, attested))
    }

    private static func inSegments(_ operation: DiskCall.Operation, _ fault: DiskFault) -> FaultPlan {
        FaultPlan { $0.operation == operation && $0.path.contains("/feeds/") ? fault : nil }
    }

    /// A feed of another site, attested but for its last two entries.
    private mutating func replicate(
        _ registry: RegistryID,
        into store: LogStore
    ) throws -> (FeedID, FeedHead, attested: UInt64) {
        let other = try LogStore.create(
            at: "/srv/other",
            alias: "HUB",
            in: disk.process("other").surroundings,
            options: Self.options
        )
        try other.join(registry)
        let feed = FeedID(site: other.site, epoch: other.epoch, lane: .records)
        var head = FeedChain.start(key: other.identity.publicKey, epoch: feed.epoch, lane: feed.lane)
        for count in [5, 4, 2] {
            try record(count, of: 200, to: .records, of: other)
            let blocks = try other.blocks(of: feed, after: head, limitBytes: 1 << 20)
            head = try store.receive(blocks, of: feed, key: other.identity.publicKey, after: head)
            if count > 2 {
                let checkpoint = try #require(try other.checkpoint(of: feed))
                try store.attest(checkpoint, key: other.identity.publicKey)
            }
        }
        return (feed, head, 9)
    }

    private func write(
        _ store: LogStore,
        _ registry: RegistryID,
        replica: (feed: FeedID, head: FeedHead, attested: UInt64)
    ) throws {
        let folder = Self.folder("format-next")
        if FileManager.default.fileExists(atPath: folder) { try FileManager.default.removeItem(atPath: folder) }
        let tree = try disk.tree(Self.root)
        for path in tree {
            let target = "\(folder)/store" + path.dropFirst(Self.root.count)
            if try disk.process().status(path)?.kind == .directory {
                try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
            } else {
                let parent = URL(filePath: target).deletingLastPathComponent()
                try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
                try Data(disk.contents(path)).write(to: URL(filePath: target))
            }
        }
        var manifest = Manifest(
            site: store.site.description,
            epoch: store.epoch.description,
            alias: store.alias,
            registry: registry.description,
            feeds: [],
            segments: tree.filter { $0.hasSuffix("seg") && $0.contains("/feeds/") }
                .map { String($0.dropFirst(Self.root.count + 1)) }
        )
        for (feed, texts) in texts.sorted(by: { $0.key < $1.key }) {
            let isReplica = feed == replica.feed
            let head =
                isReplica
                ? replica.head : try #require(try store.slots().first { $0.feed == feed }).stored
            manifest.feeds.append(
                Manifest.Feed(
                    site: feed.site.description,
                    epoch: feed.epoch.description,
                    lane: feed.lane.rawValue,
                    entries: texts,
                    digest: head.digest.description,
                    attested: isReplica ? replica.attested : UInt64(texts.count)
                )
            )
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try encoder.encode(manifest).write(to: URL(filePath: "\(folder)/manifest.json"))
    }
}
