/// The file-system calls that durability needs, and no others.
///
/// Everything the log does to a disk goes through here, so that a test can stand in for the disk, cut the power at any
/// call and judge what is left. Paths are absolute, UTF-8, and never come from the wire.
package protocol FileSystem: Sendable {
    /// Opens a regular file; closing is the handle's own business.
    ///
    /// - Throws: `.notFound`, `.alreadyExists` (``FileAccess/create``), `.noSpace`, `.readOnly`, `.inputOutput`.
    func openFile(_ path: String, _ access: FileAccess) throws(StorageError) -> any OpenFile

    /// The names in a directory, sorted by their bytes, without `.` and `..`.
    func listDirectory(_ path: String) throws(StorageError) -> [String]

    /// Makes one directory with mode 0700. The name is durable only after ``syncDirectory(_:)`` of its parent.
    func makeDirectory(_ path: String) throws(StorageError)

    /// Renames atomically, replacing what is there. Durable only after ``syncDirectory(_:)``.
    func rename(_ source: String, to destination: String) throws(StorageError)

    /// Renames atomically and fails with `.alreadyExists` when `destination` exists (`RENAME_NOREPLACE`).
    func renameWithoutReplacing(_ source: String, to destination: String) throws(StorageError)

    /// Removes a file's name. Durable only after ``syncDirectory(_:)``.
    func unlink(_ path: String) throws(StorageError)

    /// Removes an empty directory.
    func removeDirectory(_ path: String) throws(StorageError)

    /// Makes the names in a directory durable (`fsync` of the directory).
    func syncDirectory(_ path: String) throws(StorageError)

    /// What a path names, or nil when there is nothing there. Does not follow a symbolic link.
    func status(_ path: String) throws(StorageError) -> FileStatus?

    /// Bytes an unprivileged process may still write to the file system that holds `path`.
    func freeSpaceBytes(_ path: String) throws(StorageError) -> UInt64
}

/// How a file is opened.
package enum FileAccess: Sendable {
    /// For reading; the file must exist.
    case read
    /// For reading and writing; the file must exist.
    case readWrite
    /// For reading and writing; the file must not exist and is made with mode 0600.
    case create
    /// For reading and writing; made with mode 0600 when missing.
    case openOrCreate
}

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

/// What the file system says of a file.
package struct FileStatus: Sendable, Hashable {
    package enum Kind: Sendable, Hashable { case file, directory, symbolicLink, other }
    package var kind: Kind
    package var sizeBytes: UInt64
    package var inode: UInt64
    package var device: UInt64
    package var ownerID: UInt32
    /// The permission bits, for example 0o600.
    package var mode: UInt32

    package init(kind: Kind, sizeBytes: UInt64, inode: UInt64, device: UInt64, ownerID: UInt32, mode: UInt32) {
        self.kind = kind
        self.sizeBytes = sizeBytes
        self.inode = inode
        self.device = device
        self.ownerID = ownerID
        self.mode = mode
    }
}
