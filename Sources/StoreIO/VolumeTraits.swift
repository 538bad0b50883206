import CLinux
import Glibc

/// What a file system is like, beyond its kind: whether a power cut can leave a rename half done, and how large its blocks are.
package struct VolumeTraits: Sendable, Hashable {
    /// Whether names change in one step on the disk.
    package enum Journal: Sendable, Hashable {
        case present
        case absent
        /// The system does not tell, or the kind has other means (xfs and btrfs always do).
        case notTold
    }

    package var journal: Journal
    /// nil where the system does not tell.
    package var blockBytes: UInt64?

    package init(journal: Journal, blockBytes: UInt64?) {
        self.journal = journal
        self.blockBytes = blockBytes
    }

    /// SQLite's shared memory has holes where blocks are smaller than a page, and a full disk makes touching one fatal.
    package static let leastBlockBytes: UInt64 = 4096

    /// Kinds that never have a journal.
    private static let plainKinds: Set<String> = ["ext2", "vfat", "msdos", "exfat", "minix", "udf"]

    /// Asks the system.
    ///
    /// - Parameters:
    ///   - path: A file or folder that exists there.
    ///   - volume: Where it lies.
    ///   - devices: Where the kernel lists block devices by number.
    ///   - mounted: Where it lists what it knows of mounted ext4 file systems.
    /// - Returns: What it tells.
    /// - Throws: `.inputOutput`.
    package static func of(
        _ path: String,
        on volume: Volume,
        devices: String = "/sys/dev/block",
        mounted: String = "/sys/fs/ext4"
    ) throws(StorageError) -> VolumeTraits {
        var found = statvfs()
        try SystemCall.retrying("statvfs", path) { unsafe statvfs(path, &found) }
        return VolumeTraits(
            journal: try journal(of: volume, devices, mounted),
            blockBytes: found.f_frsize > 0 ? UInt64(found.f_frsize) : nil
        )
    }

    private static func journal(
        of volume: Volume,
        _ devices: String,
        _ mounted: String
    ) throws(StorageError) -> Journal {
        if plainKinds.contains(volume.kind) { return .absent }
        guard volume.kind == "ext4" || volume.kind == "ext3" else { return .notTold }
        // The link is to the device's folder, whose name is the kernel's word for it.
        guard let real = unsafe realpath("\(devices)/\(volume.device)", nil) else { return .notTold }
        defer { unsafe free(real) }
        let name = unsafe String(cString: real).split(separator: "/").last ?? ""
        do throws(StorageError) {
            // The process that writes the journal: a number, or `<none>` (fs/ext4/sysfs.c).
            let text = try LinuxFileSystem().readFile("\(mounted)/\(name)/journal_task", limitBytes: 64)
            return text.starts(with: "<none>".utf8) ? .absent : .present
        } catch {
            guard [.notFound, .permissionDenied, .invalidArgument].contains(error.code) else { throw error }
            return .notTold
        }
    }
}
