import CLinux
import Glibc

/// Whether what a folder holds is encrypted on its disk, as far as the kernel tells this account.
package enum DiskEncryption: Sendable, Hashable {
    /// By what: `LUKS2`, `dm-crypt`, `fscrypt`.
    case encrypted(String)
    /// A block device is beneath, and nothing that encrypts above it that Linux knows of. Whether the disk encrypts by
    /// itself is not seen.
    case plain
    case unknown

    /// Looks at the folder's attributes and at the device-mapper tables below its volume.
    ///
    /// - Parameters:
    ///   - path: The folder.
    ///   - volume: Where it lies.
    ///   - devices: Where the kernel lists block devices by number.
    /// - Returns: What the kernel tells; unknown where a part of it stays hidden.
    /// - Throws: `.inputOutput`.
    package static func of(
        _ path: String,
        on volume: Volume,
        devices: String = "/sys/dev/block"
    ) throws(StorageError) -> DiskEncryption {
        if isFileEncrypted(path) { return .encrypted("fscrypt") }
        let files = LinuxFileSystem()
        var device = "\(devices)/\(volume.device)"
        if volume.device.hasPrefix("0:") {
            // btrfs and the like are of no device; what was mounted is named.
            guard volume.source.hasPrefix("/dev/"), let number = deviceNumber(of: volume.source) else {
                return .unknown
            }
            device = "\(devices)/\(number)"
        }
        return try look(at: device, in: files, depth: 0)
    }

    /// A device is encrypted when it is a crypt target, or all it is made of is.
    private static func look(
        at device: String,
        in files: LinuxFileSystem,
        depth: Int
    ) throws(StorageError) -> DiskEncryption {
        guard depth < 8, unsafe access(device, F_OK) == 0 else { return .unknown }
        do throws(StorageError) {
            let name = try files.readFile(device + "/dm/uuid", limitBytes: 8192)
            // CRYPT-LUKS2-<uuid>-<name>, CRYPT-PLAIN-<name>
            let words = String(decoding: name, as: UTF8.self).split(separator: "-")
            if words.first == "CRYPT" {
                return .encrypted(words.count > 1 && words[1].hasPrefix("LUKS") ? String(words[1]) : "dm-crypt")
            }
        } catch {
            guard [.notFound, .permissionDenied, .invalidArgument].contains(error.code) else { throw error }
        }
        // A partition is part of a disk, which has the parts below it.
        var below: [String] = []
        for place in [device + "/slaves", device + "/../slaves"] where below.isEmpty {
            do throws(StorageError) {
                below = try files.listDirectory(place).map { "\(place)/\($0)" }
            } catch {
                guard [.notFound, .permissionDenied, .invalidArgument].contains(error.code) else { throw error }
            }
        }
        if unsafe access(device + "/loop/backing_file", F_OK) == 0 { return .unknown }
        guard !below.isEmpty else { return .plain }
        var how: DiskEncryption = .unknown
        for slave in below {
            let found = try look(at: slave, in: files, depth: depth + 1)
            guard case .encrypted = found else { return found }
            how = found
        }
        return how
    }

    /// STATX_ATTR_ENCRYPTED: the file system encrypts this folder with a key of its own (fscrypt).
    private static func isFileEncrypted(_ path: String) -> Bool {
        var found = statx()
        guard unsafe statx(AT_FDCWD, path, 0, UInt32(STATX_TYPE), &found) == 0 else { return false }
        return found.stx_attributes & 0x800 != 0
    }

    private static func deviceNumber(of path: String) -> String? {
        var found = statx()
        guard unsafe statx(AT_FDCWD, path, 0, UInt32(STATX_TYPE), &found) == 0,
            UInt32(found.stx_mode) & S_IFMT == S_IFBLK
        else { return nil }
        return "\(found.stx_rdev_major):\(found.stx_rdev_minor)"
    }
}
