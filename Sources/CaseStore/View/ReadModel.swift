import Foundation
import GRDB
import LogFormat
import StoreIO

/// The SQLite file that answers questions: derived from the log, and thrown away whenever it does not fit.
///
/// It lies in `view/<schema>-<generation>.sqlite`; the file `CURRENT` beside it names the one in use. A new one is built
/// beside the old and named when it is whole.
final class ReadModel: Sendable {
    let queue: DatabaseQueue
    /// The file in use.
    let path: String
    private let directory: String

    private init(queue: DatabaseQueue, path: String, directory: String) {
        self.queue = queue
        self.path = path
        self.directory = directory
    }

    /// Opens the read model, or begins a new one where there is none that this version can use.
    ///
    /// - Throws: ``CaseStoreError`` with `.view` when the folder can not be read or written; `StorageError`.
    static func open(in directory: String, _ fileSystem: any FileSystem) throws -> ReadModel {
        if let name = try current(in: directory, fileSystem) {
            do {
                return try connect("\(directory)/\(name)", in: directory)
            } catch is DatabaseError {
                // Not a database any more: it is derived, and is built anew.
            }
        }
        let next = try begin(in: directory, fileSystem)
        try next.makeCurrent(fileSystem)
        return next
    }

    /// A new, empty file beside the one in use, which stays until ``makeCurrent(_:)``.
    static func begin(in directory: String, _ fileSystem: any FileSystem) throws -> ReadModel {
        let generations = try fileSystem.listDirectory(directory).compactMap { name -> Int? in
            guard let dash = name.firstIndex(of: "-"), let dot = name.firstIndex(of: "."), dash < dot else {
                return nil
            }
            return Int(name[name.index(after: dash)..<dot])
        }
        let name = "\(ViewSchema.version)-\((generations.max() ?? 0) + 1).sqlite"
        let model = try connect("\(directory)/\(name)", in: directory)
        return model
    }

    /// Names this file as the one in use and removes the others.
    func makeCurrent(_ fileSystem: any FileSystem) throws {
        let name = String(path.dropFirst(directory.count + 1))
        try fileSystem.replaceFile("\(directory)/CURRENT", with: Array((name + "\n").utf8))
        for other in try fileSystem.listDirectory(directory)
        where other.contains(".sqlite") && !other.hasPrefix(name) {
            do throws(StorageError) {
                try fileSystem.unlink("\(directory)/\(other)")
            } catch {
                // Another process may have removed it first.
                guard error.code == .notFound else { throw error }
            }
        }
    }

    /// The file named as the one in use, if it is there and of this version.
    private static func current(in directory: String, _ fileSystem: any FileSystem) throws -> String? {
        let path = "\(directory)/CURRENT"
        guard try fileSystem.exists(path) else { return nil }
        let bytes = try fileSystem.readFile(path, limitBytes: 256)
        let name = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard name.hasPrefix("\(ViewSchema.version)-"), name.hasSuffix(".sqlite"), !name.contains("/"),
            try fileSystem.exists("\(directory)/\(name)")
        else { return nil }
        return name
    }

    private static func connect(_ path: String, in directory: String) throws -> ReadModel {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = OFF;")
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.writeWithoutTransaction { db in
            try db.inTransaction(.immediate) {
                if try Int.fetchOne(db, sql: "PRAGMA user_version") == 0 {
                    try db.execute(sql: ViewSchema.sql)
                    try db.execute(sql: "PRAGMA user_version = \(ViewSchema.version)")
                }
                return .commit
            }
        }
        return ReadModel(queue: queue, path: path, directory: directory)
    }
}
