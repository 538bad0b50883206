import Foundation
import LogFormat
import LogStore
import StoreIO

/// Where measures are made: a folder that goes when the run ends, the corpora, and the programs.
final class Workbench {
    /// The entries a measure is made on.
    enum Corpora: String {
        case records
        case plain = "200 B"
    }

    let directory: String
    /// Where `abscope` and `abscoped` are, built for release.
    let programs: String
    let rounds: Int
    /// Entries where a measure says "million".
    let count: Int
    let surroundings: Surroundings
    private var made: [String: [[UInt8]]] = [:]
    private var storeNumber = 0

    init(programs: String, rounds: Int, count: Int) throws {
        directory = NSTemporaryDirectory() + "abscope-bench-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        var surroundings = try Surroundings.current()
        surroundings.machine.stateDirectory = directory + "/abscope"
        self.surroundings = surroundings
        self.programs = programs
        self.rounds = rounds
        self.count = count
    }

    func remove() throws { try FileManager.default.removeItem(atPath: directory) }

    var raw: Raw { Raw(directory: directory) }

    /// The entries of a corpus, made once. The log does not look into them, so they may be of another store.
    func entries(_ corpus: Corpora) throws -> [[UInt8]] {
        if let known = made[corpus.rawValue] { return known }
        let entries =
            switch corpus {
            case .plain: Corpus.plain(count)
            case .records: try withStore { try records(for: $0) }
            }
        made[corpus.rawValue] = entries
        return entries
    }

    /// Records whose references resolve in this new store.
    func records(for store: LogStore) throws -> [[UInt8]] {
        let feed = FeedID(site: store.site, epoch: store.epoch, lane: .records)
        let head = FeedChain.start(key: store.identity.publicKey, epoch: store.epoch, lane: .records)
        return try Corpus.records(count, for: feed, after: head)
    }

    /// Numbers folders.
    func nextNumber() -> Int {
        storeNumber += 1
        return storeNumber
    }

    /// A new store, which stays until ``remove(_:)``.
    func makeStore() throws -> LogStore {
        try LogStore.create(at: "\(directory)/store-\(nextNumber())", alias: "GY", in: surroundings)
    }

    func remove(_ store: LogStore) throws { try FileManager.default.removeItem(atPath: store.root) }

    /// Runs `body` with a new store, which is gone afterwards.
    func withStore<Result>(_ body: (LogStore) throws -> Result) throws -> Result {
        let store = try makeStore()
        let result = try body(store)
        try remove(store)
        return result
    }

    /// Waits until something is true, looking every millisecond.
    func wait(seconds: Double, _ failure: String, until condition: () throws -> Bool) throws {
        let deadline = Stopwatch.now() + seconds
        while try !condition() {
            guard Stopwatch.now() < deadline else { throw BenchmarkError("\(failure), after \(seconds) s") }
            usleep(1000)
        }
    }

    /// Runs `abscope` and waits for it.
    ///
    /// - Returns: What it printed.
    @discardableResult
    func run(_ arguments: [String]) throws -> String { try runTimed(arguments).output }

    /// As ``run(_:)``, with how long it ran.
    func runTimed(_ arguments: [String]) throws -> Command.Result {
        try Command.run("\(programs)/abscope", arguments, environment: environment)
    }

    /// The programs keep their state where this process does.
    var environment: [String: String] {
        ProcessInfo.processInfo.environment.merging(["XDG_STATE_HOME": directory, "NO_COLOR": "1"]) { $1 }
    }
}
