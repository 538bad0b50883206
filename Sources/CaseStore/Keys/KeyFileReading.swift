import GRDB
import StoreIO

/// How `keys.sqlite` is read where nothing can be written: on a disk that is mounted read-only, or another account's.
///
/// A database with a write-ahead log needs two files beside it, `-wal` and `-shm`, even for reading. Where a process left
/// both, SQLite reads them as they are. Where there is none, all keys are in the file itself, and SQLite is told that
/// nothing will change (`immutable=1`), so that it asks for neither lock nor file. Where keys lie in a `-wal` without its
/// `-shm`, nothing is read: to leave them out would show names as sealed whose keys are here.
struct KeyFileReading {
    let path: String
    let fileSystem: any FileSystem

    /// A connection that writes nothing.
    ///
    /// - Throws: ``CaseStoreError`` with `.keys` where a `-wal` can not be read; `DatabaseError`, `StorageError`.
    func connection() throws -> DatabaseQueue {
        do {
            return try opened(path)
        } catch let error as DatabaseError {
            guard CaseStore.isUnwritable(error) else { throw error }
            guard try fileSystem.status(path + "-wal")?.sizeBytes ?? 0 == 0 else {
                throw CaseStoreError(
                    .keys,
                    "The file keys.sqlite-wal holds keys that were not carried into keys.sqlite, which needs a folder that"
                        + " can be written. Records can be read without them; names can not."
                )
            }
            return try opened("file:" + Self.escaped(path) + "?immutable=1")
        }
    }

    private func opened(_ name: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(30)
        let queue = try DatabaseQueue(path: name, configuration: configuration)
        _ = try queue.read { try Int.fetchOne($0, sql: "PRAGMA user_version") }
        return queue
    }

    /// A path as it stands in a URI (https://sqlite.org/uri.html).
    static func escaped(_ path: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"):
                text.append(byte)
            default:
                text += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
