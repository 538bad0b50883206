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

    /// Makes data and size durable (`fdatasync`). After a failure nothing is known of what is on the disk, and the call
    /// must never be tried again for the same bytes (Rebello et al., ATC 2020).
    func synchronizeData() throws(StorageError)

    /// Reserves space so that writes inside `range` can not fail for want of it, and lets the file grow to its end.
    func allocate(_ range: Range<UInt64>) throws(StorageError)

    /// Size, identity, owner and mode.
    func status() throws(StorageError) -> FileStatus

    /// Takes the file's advisory lock (`flock`): held by this handle, released by ``unlock()`` or by its end.
    ///
    /// - Returns: False when `waiting` is false and another handle holds it.
    func lock(_ mode: LockMode, waiting: Bool) throws(StorageError) -> Bool

    /// Releases the advisory lock.
    func unlock() throws(StorageError)
}

/// How an advisory lock is held.
package enum LockMode: Sendable { case shared, exclusive }
