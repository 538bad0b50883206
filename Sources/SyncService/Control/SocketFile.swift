import Glibc
import StoreIO

/// The calls a socket's file needs that the log never does.
enum SocketFile {
    /// Sets mode 0600.
    static func restrict(_ path: String) throws(StorageError) {
        guard unsafe chmod(path, 0o600) == 0 else { throw StorageError(systemCall: "chmod", errno: errno, path: path) }
    }

    /// Checks that nothing but a socket lies where one is to be made: anything else may be somebody's.
    static func expectReplaceable(_ path: String) throws(StorageError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else {
            guard errno == ENOENT else { throw StorageError(systemCall: "lstat", errno: errno, path: path) }
            return
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw StorageError(
                .invalidArgument,
                "What lies where the control socket belongs is no socket: move it away.",
                at: StorageError.Location(path: path)
            )
        }
    }

    /// Removes the file; that it is gone already is well.
    static func remove(_ path: String) throws(StorageError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else {
            throw StorageError(systemCall: "unlink", errno: errno, path: path)
        }
    }
}
