import CSQLite
import Glibc

/// Inserts the rows of a database into an empty one of the same schema, in one transaction, through prepared statements:
/// the least anybody does who builds that database with SQLite.
@safe
final class SQLiteCopy {
    private var database: OpaquePointer?
    private let path: String

    /// The source is only read.
    init(of source: String, in directory: String) throws {
        path = directory + "/copy.sqlite"
        Self.remove(path)
        try check(unsafe sqlite3_open(path, &database))
        try run("PRAGMA journal_mode=WAL")
        try run("ATTACH '\(source.replacing("'", with: "''"))' AS source")
    }

    deinit {
        unsafe sqlite3_close(database)
        Self.remove(path)
    }

    /// - Returns: Seconds to insert all rows; what reading them takes is measured by itself and left out.
    func secondsToInsert() throws -> Double {
        // Without virtual tables and what belongs to SQLite or to them.
        let tables = try strings(
            "SELECT name FROM source.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND sql NOT LIKE "
                + "'CREATE VIRTUAL%' AND rootpage > 0 ORDER BY name"
        )
        for sql in try strings(
            "SELECT sql FROM source.sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND type IN "
                + "('table', 'index') ORDER BY type DESC"
        ) {
            // What a virtual table brings with it is there already.
            let code = unsafe sqlite3_exec(database, sql, nil, nil, nil)
            if code != SQLITE_OK, !(unsafe String(cString: sqlite3_errmsg(database))).contains("already exists") {
                try check(code)
            }
        }
        let both = try Stopwatch.seconds {
            try run("BEGIN")
            for table in tables { try copy(table, inserting: true) }
            try run("COMMIT")
        }
        let reading = try Stopwatch.seconds { for table in tables { try copy(table, inserting: false) } }
        return both - reading
    }

    private func copy(_ table: String, inserting: Bool) throws {
        var select: OpaquePointer?
        var insert: OpaquePointer?
        try check(unsafe sqlite3_prepare_v2(database, "SELECT * FROM source.\"\(table)\"", -1, &select, nil))
        defer { unsafe sqlite3_finalize(select) }
        let columns = unsafe sqlite3_column_count(select)
        let marks = Array(repeating: "?", count: Int(columns)).joined(separator: ",")
        let sql = "INSERT OR REPLACE INTO main.\"\(table)\" VALUES(\(marks))"
        try check(unsafe sqlite3_prepare_v2(database, sql, -1, &insert, nil))
        defer { unsafe sqlite3_finalize(insert) }
        while case let code = unsafe sqlite3_step(select), code != SQLITE_DONE {
            try check(code, SQLITE_ROW)
            for column in 0..<columns {
                let value = unsafe sqlite3_column_value(select, column)
                try check(unsafe sqlite3_bind_value(insert, column + 1, value))
            }
            guard inserting else { continue }
            try check(unsafe sqlite3_step(insert), SQLITE_DONE)
            try check(unsafe sqlite3_reset(insert))
        }
    }

    private func strings(_ sql: String) throws -> [String] {
        var statement: OpaquePointer?
        try check(unsafe sqlite3_prepare_v2(database, sql, -1, &statement, nil))
        defer { unsafe sqlite3_finalize(statement) }
        var found: [String] = []
        while unsafe sqlite3_step(statement) == SQLITE_ROW {
            if let text = unsafe sqlite3_column_text(statement, 0) { found.append(unsafe String(cString: text)) }
        }
        return found
    }

    private func run(_ sql: String) throws { try check(unsafe sqlite3_exec(database, sql, nil, nil, nil)) }

    private func check(_ code: Int32, _ expected: Int32 = SQLITE_OK) throws {
        guard code == expected else {
            throw BenchmarkError("SQLite answered \(code): " + (unsafe String(cString: sqlite3_errmsg(database))))
        }
    }

    private static func remove(_ path: String) {
        for suffix in ["", "-wal", "-shm"] { unsafe unlink(path + suffix) }
    }
}
