import CaseModel
import Foundation
import GRDB
import StoreIO
import Synchronization

/// `keys.sqlite`: the keys of persons. Not derivable from the log, so every write is durable before it returns.
///
/// Losing it loses the identifying values this site alone holds; the clinical records stay. A key taken out of it
/// everywhere erases the values for good. The file is made when the first key is kept, and opened when one is needed.
///
/// A destroyed key leaves its id with an empty secret: a tombstone, so that a peer that still has the key does not bring it
/// back. Deleted bytes are overwritten (`secure_delete`); what a backup holds is the backup's.
///
/// On a disk or in a folder that can not be written the keys that are there are read: see ``KeyFileReading``.
final class PersonKeyStore: Sendable {
    private let path: String
    private let fileSystem: any FileSystem
    private let state = Mutex(State())

    private struct State {
        var queue: DatabaseQueue?
        /// The disk or folder can not be written: ``queue`` can not either.
        var isForReading = false
        var known: [[UInt8]: PersonKey] = [:]
        /// SQLite's count of what other processes wrote, when `known` was last true.
        var dataVersion: Int?
        var problem: String?
    }

    init(path: String, fileSystem: any FileSystem) {
        self.path = path
        self.fileSystem = fileSystem
    }

    /// Why keys can not be read; nil while they can, or none was asked for.
    var problem: String? { state.withLock { $0.problem } }

    /// Notes why what was asked of the keys could not be done: see ``problem``.
    func note(problem: String) { state.withLock { $0.problem = problem } }

    /// The change with its identifying fields readable, where the key is here.
    func opened(_ change: RecordChange) throws -> RecordChange {
        guard let sealed = change.sealed, let key = try key(sealed.keyID) else { return change }
        do throws(RecordError) {
            return try change.opened(with: key)
        } catch {
            // Altered, or sealed with another key under the same id: it stays closed, and is shown as sealed.
            return change
        }
    }

    /// A key by its id; nil when it is not here, or ``problem`` says why nothing can be read.
    func key(_ id: [UInt8]) throws -> PersonKey? {
        if let known = state.withLock({ $0.known[id] }) { return known }
        let found = try reading { db in
            try Data.fetchOne(
                db.cachedStatement(sql: "SELECT secret FROM person_key WHERE id = ?"),
                arguments: [Data(id)]
            )
        }
        guard let key = found.flatMap({ $0 }).flatMap({ PersonKey([UInt8]($0)) }), key.id == id else { return nil }
        state.withLock { $0.known[id] = key }
        return key
    }

    /// Every key here, by its id.
    ///
    /// - Throws: ``CaseStoreError`` with `.keys` when the file can not be read.
    func all() throws -> [PersonKey] {
        (try rows() ?? []).compactMap(\.key)
    }

    /// Keys are numbered as they come: ``KeyMark``.
    static let nextPlace = "(SELECT coalesce(max(place), 0) + 1 FROM person_key)"

    /// Keeps keys; durable when this returns.
    ///
    /// - Parameters:
    ///   - keys: Those that are here already stay as they are, and those that were destroyed stay destroyed. One in whose
    ///     place something stands that opens nothing takes that place.
    ///   - origin: The site they came from; nil for this one.
    ///   - isNews: Whether names they open are still to be shown: see ``news()``.
    ///   - mark: Stands for all keys of the origin up to these; kept with them, and with nothing where it is empty.
    /// - Returns: How many were not here.
    /// - Throws: ``CaseStoreError`` with `.keys` when they can not be kept.
    /// - Complexity: One sync.
    func keep(_ keys: [PersonKey], origin: [UInt8]?, isNews: Bool, upTo mark: [UInt8] = []) throws -> Int {
        guard !keys.isEmpty else { return 0 }
        return try keep(
            keys.map { KeyRow(id: $0.id, secret: $0.secretBytes, origin: origin ?? [], isNews: isNews) },
            of: origin,
            upTo: mark
        )
    }

    /// Destroys keys, here or not, for good: their secrets are overwritten, and ``keep(_:origin:isNews:upTo:)`` refuses them from
    /// now on. Durable when this returns; until ``noteShown(_:)`` they are ``news()``, for what they opened has to go from
    /// the read model too.
    ///
    /// - Parameter ids: Of the keys.
    /// - Throws: ``CaseStoreError`` with `.keys` when that can not be written. Nothing was destroyed then.
    func destroy(_ ids: [[UInt8]]) throws {
        guard !ids.isEmpty else { return }
        try guarded {
            guard let queue = try connection(making: true) else { return }
            try queue.write { db in
                for id in ids {
                    try db.execute(
                        sql: """
                            INSERT INTO person_key(id, secret, origin, news, place)
                            VALUES(?, x'', NULL, 1, \(Self.nextPlace))
                            ON CONFLICT(id) DO UPDATE SET secret = x'', news = 1
                            """,
                        arguments: [Data(id)]
                    )
                }
            }
            state.withLock { state in for id in ids { state.known[id] = nil } }
            // The secret may still stand in the log of the database.
            try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        }
    }

    /// Those of `ids` whose keys were destroyed here.
    func destroyed(among ids: [[UInt8]]) throws -> Set<[UInt8]> {
        let found = try reading { db in
            try ids.filter { id in
                try Bool.fetchOne(
                    db.cachedStatement(sql: "SELECT length(secret) = 0 FROM person_key WHERE id = ?"),
                    arguments: [Data(id)]
                ) ?? false
            }
        }
        return Set(found ?? [])
    }

    /// Forgets what was read when another process wrote since: it may have destroyed a key.
    func forgetWhatOthersChanged() throws {
        state.withLock { state in
            // What is open for reading only may show what was true when it was opened.
            guard state.isForReading else { return }
            state = State(problem: state.problem)
        }
        guard let version = try reading({ try Int.fetchOne($0, sql: "PRAGMA data_version") }) ?? nil else { return }
        state.withLock { state in
            if state.dataVersion != version { state.known = [:] }
            state.dataVersion = version
        }
    }

    /// Ids of keys that came, or were destroyed, and whose names were not shown or taken away yet: a process may have died
    /// in between.
    func news() throws -> [[UInt8]] {
        (try reading { db in try Data.fetchAll(db, sql: "SELECT id FROM person_key WHERE news") } ?? [])
            .map { [UInt8]($0) }
    }

    /// Ends ``news()`` for these keys. Where that can not be written down they are shown again by the next process.
    func noteShown(_ ids: [[UInt8]]) throws {
        try guarded {
            guard let queue = try connection(making: false), !state.withLock({ $0.isForReading }) else { return }
            try queue.write { db in
                for id in ids {
                    try db.cachedStatement(sql: "UPDATE person_key SET news = 0 WHERE id = ?")
                        .execute(arguments: [Data(id)])
                }
            }
        }
    }

    /// Why the file can not be trusted; nil when it is whole, or there is none.
    func integrityProblem() -> String? {
        do {
            let found = try guarded {
                try connection(making: false)?.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
            }
            guard let found, found != "ok" else { return nil }
            return "The file keys.sqlite is damaged: `abscope log repair --from` with a backup makes it anew; without"
                + " one, move it away and synchronise to get the keys that other sites hold."
        } catch let error as CaseStoreError {
            return error.message
        } catch let error as StorageError {
            return error.message
        } catch {
            return "The file keys.sqlite can not be read (\(type(of: error)))."
        }
    }

    // MARK: - The file

    /// Reads, or gives nil and notes why not: records can be read without any key.
    func reading<Result>(_ body: (Database) throws -> Result) throws -> Result? {
        do {
            return try guarded { try connection(making: false)?.read(body) }
        } catch let error as CaseStoreError where error.code == .keys {
            state.withLock { $0.problem = error.message }
            return nil
        }
    }

    func guarded<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as DatabaseError {
            guard CaseStore.isUnwritable(error) else {
                throw CaseStoreError(
                    .keys,
                    "The file keys.sqlite can not be used (\(error.resultCode)): `abscope log repair --from` with a backup"
                        + " makes it anew; without one, move it away and synchronise to get the keys that other sites hold."
                        + " Records can be read without it; names can not."
                )
            }
            throw CaseStoreError(
                .keys,
                "The file keys.sqlite can not be written (\(error.resultCode)), and no name is recorded without its key:"
                    + " see that its disk has room, and that this account may write there."
            )
        }
    }

    func connection(making: Bool) throws -> DatabaseQueue? {
        try state.withLock { state in
            if let queue = state.queue, !(making && state.isForReading) { return queue }
            guard try making || fileSystem.exists(path) else { return nil }
            do {
                state.queue = try writableConnection()
                state.isForReading = false
            } catch let error as DatabaseError {
                guard !making, CaseStore.isUnwritable(error) else { throw error }
                state.queue = try KeyFileReading(path: path, fileSystem: fileSystem).connection()
                state.isForReading = true
            }
            return state.queue
        }
    }

    private func writableConnection() throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.busyMode = .timeout(30)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;")
        }
        if try !fileSystem.exists(path) {
            // Made by us, so that it is closed to other accounts from the first byte.
            do throws(StorageError) {
                try fileSystem.createFile(path, with: [])
            } catch {
                guard error.code == .alreadyExists else { throw error }
            }
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        if try queue.read({ try Int.fetchOne($0, sql: "PRAGMA user_version") }) ?? 0 < 2 {
            try queue.write { try Self.makeTables($0) }
        }
        return queue
    }
}
