import Glibc
import StoreIO

/// The two calls a socket's file needs that the log never does.
enum SocketFile {
    /// Sets mode 0600.
    static func restrict(_ path: String) throws(StorageError) {
        guard unsafe chmod(path, 0o600) == 0 else { throw StorageError(systemCall: "chmod", errno: errno, path: path) }
    }

    /// Removes the file; that it is gone already is well.
    static func remove(_ path: String) throws(StorageError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else {
            throw StorageError(systemCall: "unlink", errno: errno, path: path)
        }
    }
}
