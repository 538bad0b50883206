import CLinux
import Glibc

/// The mounted file system that a path lies on, as the kernel tells it (`/proc/self/mountinfo`).
package struct Volume: Sendable, Hashable {
    /// For example `ext4`, `nfs4`, `fuse.sshfs`.
    package var kind: String
    /// Where it is mounted.
    package var mountPoint: String
    /// What is mounted, in the kernel's words: a device, a server's folder, or a word.
    package var source: String
    /// `major:minor` of the device; major 0 where there is no block device beneath.
    package var device: String

    package init(kind: String, mountPoint: String, source: String, device: String) {
        self.kind = kind
        self.mountPoint = mountPoint
        self.source = source
        self.device = device
    }

    /// Kinds whose locks and syncs another machine or program answers for: two writers may both hold the append lock, and
    /// what was synced may be nowhere.
    private static let networkKinds: Set<String> = [
        "nfs", "nfs4", "9p", "cifs", "smb3", "smbfs", "smb2", "afs", "ceph", "coda", "ncpfs", "lustre", "gfs2", "ocfs2",
        "beegfs", "virtiofs", "vboxsf", "vmhgfs", "prl_fs", "drvfs",
    ]
    /// Programs that show something far away as a folder.
    private static let networkPrograms: Set<String> = [
        "sshfs", "rclone", "glusterfs", "s3fs", "davfs", "davfs2", "gcsfuse", "goofys", "ceph", "ceph-fuse", "juicefs",
        "curlftpfs", "smbnetfs", "gvfsd-fuse", "mfs", "moosefs", "blobfuse", "blobfuse2", "vmhgfs-fuse",
        "google-drive-ocamlfuse",
    ]

    /// Whether a store must not be written there.
    package var isNetwork: Bool {
        if Self.networkKinds.contains(kind) { return true }
        guard kind.hasPrefix("fuse.") else { return false }
        return Self.networkPrograms.contains(String(kind.dropFirst(5)))
    }

    /// Whether what is written there is gone after a restart.
    package var isInMemory: Bool { kind == "tmpfs" || kind == "ramfs" }

    /// Reads one line of `mountinfo` (proc(5)); nil for what is none.
    init?(mountInformation line: some StringProtocol) {
        // 36 35 98:0 /root /mnt rw,noatime shared:1 - ext4 /dev/sda1 rw,errors=continue
        let fields = String(line).split(separator: Character(" ")).map { String($0) }
        guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 2 else { return nil }
        self.init(
            kind: fields[dash + 1],
            mountPoint: Self.unescaped(fields[4]),
            source: Self.unescaped(fields[dash + 2]),
            device: fields[2]
        )
    }

    /// `\040` and the like.
    private static func unescaped(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The one of the mounts that holds an absolute path without links: that mounted deepest, and last.
    static func holding(_ path: String, among mounts: [Volume]) -> Volume? {
        mounts.enumerated().filter { _, mount in
            mount.mountPoint == "/" || path == mount.mountPoint || path.hasPrefix(mount.mountPoint + "/")
        }.max { ($0.element.mountPoint.utf8.count, $0.offset) < ($1.element.mountPoint.utf8.count, $1.offset) }?.element
    }

    /// The volume that holds a path, or would hold it when it were made.
    ///
    /// - Returns: nil where the system does not tell.
    /// - Throws: `.inputOutput`.
    package static func holding(_ path: String) throws(StorageError) -> Volume? {
        var existing = path
        while true {
            if let real = unsafe realpath(existing, nil) {
                defer { unsafe free(real) }
                existing = unsafe String(cString: real)
                break
            }
            guard existing != "/" else { return nil }
            existing = LinuxFileSystem.parent(of: existing)
        }
        let lines: [UInt8]
        do throws(StorageError) {
            lines = try LinuxFileSystem().openFile("/proc/self/mountinfo", .read).readAll(limitBytes: 4 << 20)
        } catch {
            guard [.notFound, .permissionDenied, .tooLarge].contains(error.code) else { throw error }
            return nil
        }
        let mounts = String(decoding: lines, as: UTF8.self).split(separator: "\n").compactMap {
            Volume(mountInformation: $0)
        }
        return holding(existing, among: mounts)
    }
}

extension LinuxFileSystem {
    /// Looks at the kind first, which costs one call; who is no stranger is asked no further.
    package func networkVolume(_ path: String) throws(StorageError) -> String? {
        var existing = path
        while try status(existing) == nil, existing != "/" { existing = Self.parent(of: existing) }
        var found = statfs()
        try SystemCall.retrying("statfs", existing) { unsafe statfs(existing, &found) }
        // Local kinds that stores lie on, by linux/magic.h: ext4, xfs, btrfs, tmpfs, overlayfs, f2fs, zfs.
        let local: [UInt32] = [
            0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0x794C_7630, 0xF2F5_2010, 0x2FC1_2FC1,
        ]
        let kind = UInt32(truncatingIfNeeded: found.f_type)
        guard !local.contains(kind), let volume = try Volume.holding(existing), volume.isNetwork else { return nil }
        return volume.kind
    }
}
