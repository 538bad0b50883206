import CLinux
import Glibc

/// `statx` without the times of a file that change.
///
/// Since Linux 6.13 a time that somebody has asked for makes the next write note a finer one, which makes the inode dirty
/// and costs the next sync a block more: a quarter of an append, where every append looks at its segment.
extension FileStatus {
    private static let mask = UInt32(STATX_TYPE | STATX_MODE | STATX_UID | STATX_INO | STATX_SIZE | STATX_BTIME)

    /// What a path names; a symbolic link is not followed.
    init(of path: String) throws(StorageError) {
        var found = statx()
        try SystemCall.retrying("statx", path) {
            unsafe statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, Self.mask, &found)
        }
        self.init(found)
    }

    /// What a descriptor stands for.
    ///
    /// - Parameters:
    ///   - descriptor: Open.
    ///   - path: For messages.
    /// - Throws: `.inputOutput`.
    init(of descriptor: Int32, openedAs path: String) throws(StorageError) {
        var found = statx()
        try SystemCall.retrying("statx", path) {
            unsafe statx(descriptor, "", AT_EMPTY_PATH_FLAG, Self.mask, &found)
        }
        self.init(found)
    }

    private init(_ found: statx) {
        let mode = UInt32(found.stx_mode)
        let kind: Kind =
            switch mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .symbolicLink
            default: .other
            }
        self.init(
            kind: kind,
            sizeBytes: found.stx_size,
            inode: found.stx_ino,
            device: UInt64(found.stx_dev_major) << 32 | UInt64(found.stx_dev_minor),
            ownerID: found.stx_uid,
            mode: mode & 0o7777,
            bornNanoseconds: found.stx_mask & UInt32(STATX_BTIME) != 0 && found.stx_btime.tv_sec > 0
                ? UInt64(found.stx_btime.tv_sec) * 1_000_000_000 + UInt64(found.stx_btime.tv_nsec) : nil
        )
    }
}
