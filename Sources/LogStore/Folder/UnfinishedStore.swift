import StoreIO

/// A folder in which a store is made, beside the place it is moved to when it is whole: `STORE.new-` and 16 hexadecimal
/// digits.
///
/// Who makes it holds a lock in it from its first file on, until the store is open. So what somebody left who was
/// killed can be told from what somebody is making, and removed: after a restore it holds records of patients, and
/// nobody knows of it. The lock is called `LOCK.new` until all the rest is there; without `LOCK` nobody opens it as a
/// store.
struct UnfinishedStore: Sendable {
    let paths: StorePaths

    private static let infix = ".new-"
    private static let nonceDigits = 16

    /// - Parameters:
    ///   - root: The store's place, absolute.
    ///   - nonce: 8 random bytes in hexadecimal.
    init(of root: String, nonce: String) { paths = StorePaths(root: root + Self.infix + nonce) }

    private init(at path: String) { paths = StorePaths(root: path) }

    private var firstLock: String { paths.lock + ".new" }

    // MARK: - Making

    /// Makes the folder, with nothing in it but the lock.
    ///
    /// - Parameter fileSystem: Where.
    /// - Returns: The lock, held exclusively for as long as the handle lives.
    /// - Throws: `.alreadyExists`, `.locked`, `.noSpace`, `.readOnly`, `.permissionDenied`, `.inputOutput`.
    func begin(in fileSystem: any FileSystem) throws(StorageError) -> any OpenFile {
        try fileSystem.makeDirectory(paths.root)
        try fileSystem.createFile(firstLock, with: [])
        let lock = try fileSystem.openFile(firstLock, .read)
        guard try lock.lock(.exclusive, waiting: false) else {
            throw StorageError(
                .locked,
                "Another program looks after the store that is being made: try again.",
                at: .init(path: paths.root)
            )
        }
        return lock
    }

    /// Gives the lock its name, when all the rest is there. All names in the folder are durable when this returns.
    ///
    /// - Throws: `.noSpace`, `.readOnly`, `.inputOutput`.
    func finish(in fileSystem: any FileSystem) throws(StorageError) {
        try fileSystem.rename(firstLock, to: paths.lock)
        try fileSystem.syncDirectory(paths.root)
    }

    // MARK: - What was left

    /// What was left beside a store's place, and what nobody can tell of whether it was.
    ///
    /// - Parameters:
    ///   - root: The place, absolute.
    ///   - surroundings: The machine.
    /// - Returns: Folders in which nobody is at work, sorted.
    /// - Throws: `.inputOutput`.
    static func left(beside root: String, in surroundings: Surroundings) throws(StorageError) -> [String] {
        var left: [String] = []
        for store in try all(beside: root, in: surroundings) {
            if case .atWork = try store.maker(in: surroundings.fileSystem) { continue }
            left.append(store.paths.root)
        }
        return left
    }

    /// Removes what was left beside a store's place. Three things stay: what can not be removed; what has no lock,
    /// which earlier versions made last; and what somebody has opened as a store since.
    ///
    /// - Parameters:
    ///   - root: The place, absolute.
    ///   - surroundings: The machine.
    /// - Returns: The folders that were removed, and those that stay though nobody is at work in them.
    /// - Throws: `.inputOutput` when it can not be asked what lies there.
    static func removeLeft(
        beside root: String,
        in surroundings: Surroundings
    ) throws(StorageError) -> (removed: [String], kept: [String]) {
        var removed: [String] = []
        var kept: [String] = []
        for store in try all(beside: root, in: surroundings) {
            let isRemoved: Bool?
            do throws(StorageError) {
                isRemoved = try store.removeIfLeft(in: surroundings.fileSystem)
            } catch {
                guard error.code != .halted else { throw error }
                // It is named, and keeps nobody from making a store.
                isRemoved = false
            }
            switch isRemoved {
            case true?: removed.append(store.paths.root)
            case false?: kept.append(store.paths.root)
            case nil: break
            }
        }
        return (removed, kept)
    }

    /// - Returns: Whether it is gone; nil while somebody is at work in it.
    private func removeIfLeft(in fileSystem: any FileSystem) throws(StorageError) -> Bool? {
        switch try maker(in: fileSystem) {
        case .atWork: return nil
        case .unknown: return false
        case .gone(let lock):
            defer { withExtendedLifetime(lock) {} }
            // Who opens a store makes HEADS, and may have recorded something in it.
            if try fileSystem.exists(paths.heads) { return false }
            try LogStore.removeTree(paths.root, in: fileSystem)
            return true
        }
    }

    private enum Maker {
        case atWork
        /// Nobody is, and nobody begins as long as the lock is held.
        case gone(any OpenFile)
        /// There is no lock to ask.
        case unknown
    }

    private func maker(in fileSystem: any FileSystem) throws(StorageError) -> Maker {
        for path in [firstLock, paths.lock] where try fileSystem.exists(path) {
            do throws(StorageError) {
                let lock = try fileSystem.openFile(path, .read)
                return try lock.lock(.exclusive, waiting: false) ? .gone(lock) : .atWork
            } catch {
                switch error.code {
                // It got its other name meanwhile, or is being removed.
                case .notFound: return .atWork
                case .permissionDenied, .invalidArgument: return .unknown
                default: throw error
                }
            }
        }
        return .unknown
    }

    /// Every folder of this account that is named as one in which a store is made for this place, sorted.
    private static func all(
        beside root: String,
        in surroundings: Surroundings
    ) throws(StorageError) -> [UnfinishedStore] {
        let fileSystem = surroundings.fileSystem
        let parent = LinuxFileSystem.parent(of: root)
        var names: [String] = []
        do throws(StorageError) {
            names = try fileSystem.listDirectory(parent)
        } catch  where error.code == .permissionDenied || error.code == .notFound {
            // Who may not look there is told nothing, and is kept from nothing.
        }
        let prefix = root + infix
        var found: [UnfinishedStore] = []
        for name in names {
            let path = parent == "/" ? "/\(name)" : "\(parent)/\(name)"
            guard path.utf8.starts(with: prefix.utf8), isNonce(path.utf8.dropFirst(prefix.utf8.count)),
                let status = try fileSystem.status(path), status.kind == .directory,
                status.ownerID == surroundings.machine.userID
            else { continue }
            found.append(UnfinishedStore(at: path))
        }
        return found
    }

    private static func isNonce(_ digits: Substring.UTF8View) -> Bool {
        digits.count == nonceDigits
            && digits.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            }
    }
}
