import StoreIO

/// The one lock inside which a store is written, across threads and processes.
///
/// Whoever wants it waits at the turnstile first, so that a busy writer who lets go and comes back stands behind the one
/// who was waiting.
final class AppendLock: Sendable {
    private let turnstile: any OpenFile
    private let lock: any OpenFile
    private let processID: Int32
    private let options: StoreOptions
    /// Threads of one process share the open files, which exclude only other processes.
    private let isHeldHere = Monitor(false)

    /// After how long a waiter is told who it waits for.
    static let noticeNanoseconds: UInt64 = 2_000_000_000

    init(_ paths: StorePaths, in surroundings: Surroundings, options: StoreOptions) throws(StorageError) {
        turnstile = try surroundings.fileSystem.openFile(paths.turnstile, .openOrCreate)
        lock = try surroundings.fileSystem.openFile(paths.appendLock, .openOrCreate)
        processID = surroundings.machine.processID
        self.options = options
    }

    /// Runs `body` alone, with signals held back; while it waits, a signal ends the program as usual.
    ///
    /// - Throws: `.locked` when others did not let go in ``StoreOptions/lockWaitMilliseconds``: nothing was done; what
    ///   `body` throws.
    func whileHeld<Result>(_ body: () throws(StorageError) -> Result) throws(StorageError) -> Result {
        var patience = Patience(options, lock)
        try enter(&patience)
        defer { isHeldHere.withLock { $0 = false } }
        try take(turnstile, &patience)
        do throws(StorageError) {
            try take(lock, &patience)
        } catch {
            try turnstile.unlock()
            throw error
        }
        return try HeldSignals.during { () throws(StorageError) in
            let result: Swift.Result<Result, StorageError>
            do throws(StorageError) {
                try turnstile.unlock()
                result = .success(try body())
            } catch {
                result = .failure(error)
            }
            try lock.unlock()
            return try result.get()
        }
    }

    /// Waits until no other thread of this process is inside.
    private func enter(_ patience: inout Patience) throws(StorageError) {
        func enter(_ held: inout Bool) -> Void? {
            if held { return nil }
            held = true
            return ()
        }
        let me = LockHolder(processID: processID, program: "another thread of this program")
        while isHeldHere.wait(nanoseconds: patience.nextNanoseconds, until: enter) == nil { try patience.check { me } }
    }

    /// Waits until no other process holds `file`.
    private func take(_ file: any OpenFile, _ patience: inout Patience) throws(StorageError) {
        while try !file.lock(waitingNanoseconds: patience.nextNanoseconds) {
            // Who holds the turnstile waits too: of interest is who holds the lock.
            try patience.check { lock.lockHolder() ?? file.lockHolder() }
        }
    }
}

/// How long one call waits: until somebody is to be told, and then to the end.
private struct Patience {
    private let observer: @Sendable (StoreEvent) -> Void
    private let limitNanoseconds: UInt64
    private let path: String
    private var waitedNanoseconds: UInt64 = 0
    private var wasTold = false

    init(_ options: StoreOptions, _ lock: any OpenFile) {
        observer = options.observer
        limitNanoseconds = options.lockWaitMilliseconds * 1_000_000
        path = lock.path
    }

    /// How long to wait before ``check(_:)``.
    var nextNanoseconds: UInt64 {
        (wasTold ? limitNanoseconds : min(limitNanoseconds, AppendLock.noticeNanoseconds)) - waitedNanoseconds
    }

    /// Notes that the call waited for ``nextNanoseconds`` in vain.
    ///
    /// - Parameter holder: Who for.
    /// - Throws: `.locked` when that was all it may wait.
    mutating func check(_ holder: () -> LockHolder?) throws(StorageError) {
        waitedNanoseconds += nextNanoseconds
        let holder = holder()
        guard waitedNanoseconds < limitNanoseconds else {
            throw StorageError(
                .locked,
                "Another program\(holder.map { " (\($0))" } ?? "") has been writing to the store for"
                    + " \(limitNanoseconds / 1_000_000_000) seconds; nothing was recorded. Try again; if it stays like this,"
                    + " end that program or look at the disk.",
                at: .init(path: path)
            )
        }
        wasTold = true
        observer(.waiting(for: holder))
    }
}
