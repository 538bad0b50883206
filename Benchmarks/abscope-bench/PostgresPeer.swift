import Foundation

/// PostgreSQL 15, two servers on loopback left at their defaults but for `wal_level = logical`: the initial copy of logical
/// replication, which is how one site's table comes to another there.
///
/// No TLS, no chain; the copy is one transaction, durable when it is ready.
final class PostgresPeer {
    private let publisher: Server
    private let subscriber: Server
    private let count: Int

    /// Starts both servers and fills the publisher's table, which is not measured.
    init(entries: [[UInt8]], in directory: String) throws {
        count = entries.count
        publisher = try Server("publisher", in: directory)
        subscriber = try Server("subscriber", in: directory)
        let rows = "\(directory)/rows"
        var text = ""
        text.reserveCapacity(entries.reduce(0) { $0 + 2 * $1.count + 16 })
        let digits = Array("0123456789abcdef".utf8)
        for (number, entry) in entries.enumerated() {
            let hexadecimal = entry.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
            text += "\(number)\t\\\\x\(String(decoding: hexadecimal, as: UTF8.self))\n"
        }
        try text.write(toFile: rows, atomically: false, encoding: .utf8)
        for server in [publisher, subscriber] {
            try server.query("CREATE TABLE corpus (position bigint PRIMARY KEY, entry bytea NOT NULL)")
        }
        try publisher.query("\\copy corpus FROM '\(rows)'")
        try publisher.query("VACUUM ANALYZE corpus")
        try publisher.query("CREATE PUBLICATION everything FOR TABLE corpus")
        try publisher.query("CHECKPOINT")
        try FileManager.default.removeItem(atPath: rows)
    }

    /// - Returns: Rows a second from subscribing until the table is ready there.
    func subscribe() throws -> Double {
        let began = Stopwatch.now()
        try subscriber.query(
            "CREATE SUBSCRIPTION copy CONNECTION 'host=127.0.0.1 port=\(publisher.port) user=postgres dbname=postgres'"
                + " PUBLICATION everything"
        )
        // 's': copied and in step; 'r': ready.
        while try subscriber.query("SELECT srsubstate FROM pg_subscription_rel").first.map({ "sr".contains($0) })
            != true
        {
            guard Stopwatch.now() - began < 300 else { throw BenchmarkError("PostgreSQL took more than 300 s") }
            usleep(5000)
        }
        let seconds = Stopwatch.now() - began
        guard try subscriber.query("SELECT count(*) FROM corpus").hasPrefix("\(count)\n") else {
            throw BenchmarkError("PostgreSQL did not copy all rows")
        }
        try subscriber.query("DROP SUBSCRIPTION copy")
        try subscriber.query("TRUNCATE corpus")
        try subscriber.query("CHECKPOINT")
        return Double(count) / seconds
    }

    /// One server, with its files in a folder of its own; stopped with the object. It refuses to run as root, so then it
    /// runs as the account Debian's package makes.
    private final class Server {
        let port = JetStreamPeer.freePort()
        private let process = Process()
        private static let programs = "/usr/lib/postgresql/15/bin"

        init(_ name: String, in directory: String) throws {
            let data = "\(directory)/postgres-\(name)"
            guard FileManager.default.isExecutableFile(atPath: "\(Self.programs)/initdb") else {
                throw BenchmarkError("PostgreSQL 15 is missing; install Debian's package postgresql-15")
            }
            try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
            if getuid() == 0 {
                try Command.run("/usr/bin/chmod", ["o+x", directory])
                try Command.run("/usr/bin/chown", ["postgres", data])
            }
            let making = Self.command("initdb", ["--pgdata", data, "--username", "postgres", "--auth", "trust"])
            try Command.run(making[0], Array(making.dropFirst()))
            let serving = Self.command(
                "postgres",
                [
                    "-D", data, "-k", data, "-c", "listen_addresses=127.0.0.1", "-c", "port=\(port)",
                    "-c", "wal_level=logical",
                ]
            )
            process.executableURL = URL(fileURLWithPath: serving[0])
            process.arguments = Array(serving.dropFirst())
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            let ready = "\(Self.programs)/pg_isready"
            while try Command.run(ready, ["-q", "-h", "127.0.0.1", "-p", "\(port)"], acceptsFailure: true).status != 0 {
                guard process.isRunning else { throw BenchmarkError("PostgreSQL does not start") }
                usleep(50_000)
            }
        }

        deinit {
            // Its fast shutdown.
            process.interrupt()
            process.waitUntilExit()
        }

        @discardableResult
        func query(_ command: String) throws -> String {
            try Command.run(
                "\(Self.programs)/psql",
                [
                    "--quiet", "--no-psqlrc", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1",
                    "--host", "127.0.0.1", "--port", "\(port)", "--username", "postgres", "--command", command,
                ]
            ).output
        }

        private static func command(_ program: String, _ arguments: [String]) -> [String] {
            let own = ["\(programs)/\(program)"] + arguments
            let becoming = ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
            return getuid() == 0 ? becoming + own : own
        }
    }
}
