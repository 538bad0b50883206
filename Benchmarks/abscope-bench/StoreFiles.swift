import Foundation
import LogFormat
import LogStore

/// What a store's files say of themselves.
enum StoreFiles {
    static func bytes(ofFile path: String) throws -> Int {
        guard let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int else {
            throw BenchmarkError("\(path) has no size")
        }
        return size
    }

    /// What the files of a feed with this ending take together.
    static func bytes(of feed: FeedID, in store: LogStore, ending: String) throws -> Int {
        let folder = store.paths.feed(feed)
        return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(ending) }
            .reduce(0) { try $0 + bytes(ofFile: "\(folder)/\($1)") }
    }

    /// How often HEADS was changed: once a commit.
    static func changes(of store: LogStore) throws -> UInt64 {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: store.paths.heads))
        let start = [UInt8](try file.read(upToCount: 2 * HeadsHeader.unitLengthBytes) ?? Data())
        guard let header = try HeadsPair<HeadsHeader>(decoding: start, index: 0).newest else {
            throw BenchmarkError("HEADS has no header")
        }
        return header.changeCounter
    }
}

/// What stopped a benchmark.
struct BenchmarkError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
