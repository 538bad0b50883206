import CSQLite
import Glibc

/// SQLite through its C interface: WAL, synchronous FULL, one row an entry.
@safe
final class SQLitePeer {
    private var database: OpaquePointer?
    private var insert: OpaquePointer?
    private let path: String

    init(in directory: String) {
        path = directory + "/peer.sqlite"
        for suffix in ["", "-wal", "-shm"] { unsafe unlink(path + suffix) }
        check(unsafe sqlite3_open(path, &database))
        run("PRAGMA journal_mode=WAL")
        run("PRAGMA synchronous=FULL")
        run("CREATE TABLE entry(position INTEGER PRIMARY KEY, body BLOB NOT NULL)")
        check(unsafe sqlite3_prepare_v2(database, "INSERT INTO entry(body) VALUES(?)", -1, &insert, nil))
    }

    deinit {
        unsafe sqlite3_finalize(insert)
        unsafe sqlite3_close(database)
        for suffix in ["", "-wal", "-shm"] { unsafe unlink(path + suffix) }
    }

    /// - Returns: Entries a second, each in a durable transaction of its own.
    func appendSingle(_ entries: ArraySlice<[UInt8]>) -> Double {
        let seconds = Stopwatch.seconds { for entry in entries { add(entry) } }
        return Double(entries.count) / seconds
    }

    /// - Returns: Entries a second, each batch in a durable transaction.
    func appendBatches(_ entries: [[UInt8]], of size: Int) -> Double {
        let seconds = Stopwatch.seconds {
            for start in stride(from: 0, to: entries.count, by: size) {
                run("BEGIN")
                for entry in entries[start..<min(start + size, entries.count)] { add(entry) }
                run("COMMIT")
            }
        }
        return Double(entries.count) / seconds
    }

    /// The database's size when everything is in it and nothing in the log.
    func fileBytes() throws -> Int {
        run("PRAGMA wal_checkpoint(TRUNCATE)")
        return try StoreFiles.bytes(ofFile: path)
    }

    /// - Returns: Entries a second, all in one durable transaction.
    func importAll(_ entries: [[UInt8]]) -> Double {
        let seconds = Stopwatch.seconds {
            run("BEGIN")
            for entry in entries { add(entry) }
            run("COMMIT")
        }
        return Double(entries.count) / seconds
    }

    private func add(_ entry: [UInt8]) {
        unsafe entry.withUnsafeBytes { bytes in
            // SQLITE_STATIC: the bytes outlive the step.
            check(unsafe sqlite3_bind_blob(insert, 1, bytes.baseAddress, Int32(bytes.count), nil))
            check(unsafe sqlite3_step(insert), SQLITE_DONE)
            check(unsafe sqlite3_reset(insert))
        }
    }

    private func run(_ sql: String) { check(unsafe sqlite3_exec(database, sql, nil, nil, nil)) }

    private func check(_ code: Int32, _ expected: Int32 = SQLITE_OK) {
        precondition(code == expected, "SQLite answered \(code)")
    }
}
