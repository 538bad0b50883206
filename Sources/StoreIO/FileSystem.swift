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

    /// What kind of network or foreign file system holds `path`, or would hold it; nil for a disk of this machine.
    ///
    /// There neither locks nor syncs mean what a store needs, so nothing is written there.
    func networkVolume(_ path: String) throws(StorageError) -> String?
}

extension FileSystem {
    /// A simulated disk is of its machine.
    package func networkVolume(_ path: String) throws(StorageError) -> String? { nil }
}
