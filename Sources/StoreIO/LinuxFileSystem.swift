import CLinux
import Glibc

/// The real disk.
///
/// Nothing is cached and nothing is retried but what a signal interrupted, so it has no state and any number of threads
/// may use it. Symbolic links are not followed in the last component of a path.
package struct LinuxFileSystem: FileSystem {
    package init() {}

    /// Opens a regular file with `O_CLOEXEC | O_NOFOLLOW`; anything else of that name is refused, so that a pipe or a
    /// device put in the place of a file can not block a reader.
    package func openFile(_ path: String, _ access: FileAccess) throws(StorageError) -> any OpenFile {
        var flags = O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK
        switch access {
        case .read: flags |= O_RDONLY
        case .readWrite: flags |= O_RDWR
        case .create: flags |= O_RDWR | O_CREAT | O_EXCL
        case .openOrCreate: flags |= O_RDWR | O_CREAT
        }
        let descriptor = try SystemCall.retrying("open", path) { unsafe open(path, flags, 0o600) }
        let file = LinuxFile(descriptor: descriptor, path: path)
        let kind = try file.status().kind
        guard kind == .file else {
            throw StorageError(systemCall: "open", errno: kind == .directory ? EISDIR : EINVAL, path: path)
        }
        return file
    }

    /// - Complexity: O(n log n); memory for all names at once.
    package func listDirectory(_ path: String) throws(StorageError) -> [String] {
        guard let directory = unsafe opendir(path) else { throw SystemCall.failure("opendir", path) }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(directory) else {
                guard errno == 0 else { throw SystemCall.failure("readdir", path) }
                break
            }
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    package func makeDirectory(_ path: String) throws(StorageError) {
        try SystemCall.retrying("mkdir", path) { unsafe mkdir(path, 0o700) }
    }

    package func rename(_ source: String, to destination: String) throws(StorageError) {
        try SystemCall.retrying("rename", destination) { unsafe Glibc.rename(source, destination) }
    }

    /// A file system without `RENAME_NOREPLACE` gets `link` and `unlink`, which refuse an existing name just as well; a
    /// crash between the two leaves both names of the one file.
    package func renameWithoutReplacing(_ source: String, to destination: String) throws(StorageError) {
        do throws(StorageError) {
            try SystemCall.retrying("renameat2", destination) {
                unsafe renameat2(AT_FDCWD, source, AT_FDCWD, destination, RENAME_NOREPLACE_FLAG)
            }
        } catch {
            let number = (error.cause as? SystemCallFailure)?.number
            guard number == EINVAL || number == ENOSYS, try status(source)?.kind == .file else { throw error }
            try SystemCall.retrying("link", destination) { unsafe link(source, destination) }
            try unlink(source)
        }
    }

    package func unlink(_ path: String) throws(StorageError) {
        try SystemCall.retrying("unlink", path) { unsafe Glibc.unlink(path) }
    }

    package func removeDirectory(_ path: String) throws(StorageError) {
        try SystemCall.retrying("rmdir", path) { unsafe rmdir(path) }
    }

    package func syncDirectory(_ path: String) throws(StorageError) {
        let descriptor = try SystemCall.retrying("open", path) { unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        defer { close(descriptor) }
        try SystemCall.retrying("fsync", path) { fsync(descriptor) }
    }

    package func status(_ path: String) throws(StorageError) -> FileStatus? {
        do throws(StorageError) {
            return try FileStatus(of: path)
        } catch {
            let number = (error.cause as? SystemCallFailure)?.number
            if number == ENOENT || number == ENOTDIR { return nil }
            throw error
        }
    }

    package func freeSpaceBytes(_ path: String) throws(StorageError) -> UInt64 {
        var found = statvfs()
        try SystemCall.retrying("statvfs", path) { unsafe statvfs(path, &found) }
        return UInt64(found.f_bavail) * UInt64(found.f_frsize)
    }
}
