/// One open file: owns its descriptor and closes it when the last reference goes.
///
/// Reads and writes name their offset, so one handle may serve several threads.
package protocol OpenFile: AnyObject, Sendable {
    /// The path it was opened with, for messages.
    var path: String { get }

    /// Reads until `buffer` is full or the file ends (`pread`).
    ///
    /// - Returns: Bytes read; fewer than asked for only at the end of the file.
    /// - Throws: `.inputOutput`. An error is never reported as the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offsetBytes: UInt64) throws(StorageError) -> Int

    /// Writes all of `bytes` (`pwrite`). Durable only after ``synchronizeData()``.
    ///
    /// - Throws: `.noSpace`, `.readOnly`, `.inputOutput`; part of the bytes may then be in the file.
    func write(_ bytes: UnsafeRawBufferPointer, at offsetBytes: UInt64) throws(StorageError)

    /// Asks the system to begin carrying bytes that were written to the disk, so that the sync that will be asked for has
    /// less to do and others wait less behind it. Promises nothing and reports nothing: what fails, the sync reports.
    func startWriting(_ range: Range<UInt64>)

    /// Makes data and size durable (`fdatasync`). After a failure nothing is known of what is on the disk, and the call
    /// must never be tried again for the same bytes (Rebello et al., ATC 2020).
    func synchronizeData() throws(StorageError)

    /// Lets every account of the machine read the file, whatever the mask of this process; nobody else may write it.
    ///
    /// - Throws: `.permissionDenied`, `.readOnly`, `.inputOutput`.
    func allowReadingByAll() throws(StorageError)

    /// Reserves space so that writes inside `range` can not fail for want of it, and lets the file grow to its end.
    func allocate(_ range: Range<UInt64>) throws(StorageError)

    /// Size, identity, owner and mode.
    func status() throws(StorageError) -> FileStatus

    /// Takes the file's advisory lock (`flock`): held by this handle, released by ``unlock()`` or by its end.
    ///
    /// - Returns: False when `waiting` is false and another handle holds it.
    func lock(_ mode: LockMode, waiting: Bool) throws(StorageError) -> Bool

    /// Takes the lock exclusively, and waits for it about so long at most. `flock` knows no wait with an end, so it is tried
    /// again after pauses: 50 us at first, and never more than an eighth of the time waited or 5 ms.
    ///
    /// - Returns: False when another handle held it all the time.
    func lock(waitingNanoseconds: UInt64) throws(StorageError) -> Bool

    /// Releases the advisory lock.
    func unlock() throws(StorageError)

    /// Another handle's process that holds the file's advisory lock; nil when there is none or the system does not tell.
    /// For messages only: it may have let go since.
    func lockHolder() -> LockHolder?
}

extension OpenFile {
    /// What is simulated, or lies in memory, is not carried anywhere before it is synced.
    package func startWriting(_ range: Range<UInt64>) {}

    /// What is simulated, or lies in memory, is of one account.
    package func allowReadingByAll() throws(StorageError) {}

    /// How ``lock(waitingNanoseconds:)`` waits, by a clock of the implementation's choice.
    package func lock(waitingNanoseconds: UInt64, by clock: any WallClock) throws(StorageError) -> Bool {
        if try lock(.exclusive, waiting: false) { return true }
        let start = clock.steadyNanoseconds()
        while true {
            let waited = clock.steadyNanoseconds() - start
            guard waited < waitingNanoseconds else { return false }
            clock.pause(nanoseconds: min(max(waited / 8, 50_000), 5_000_000))
            if try lock(.exclusive, waiting: false) { return true }
        }
    }
}

/// Who holds a lock, as far as the system tells.
package struct LockHolder: Sendable, Hashable, CustomStringConvertible {
    package var processID: Int32
    /// What its program is called; nil when that is not known.
    package var program: String?

    package init(processID: Int32, program: String?) {
        self.processID = processID
        self.program = program
    }

    package var description: String {
        if let program { "\(program), process \(processID)" } else { "process \(processID)" }
    }
}

/// How an advisory lock is held.
package enum LockMode: Sendable { case shared, exclusive }
