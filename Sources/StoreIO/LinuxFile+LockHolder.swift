extension LinuxFile {
    /// Looks the file up in `/proc/locks`, by device and inode, and its holder's name in `/proc/<process>/comm`. A holder
    /// outside of this process's namespace is not seen.
    func lockHolder() -> LockHolder? {
        do throws(StorageError) {
            let found = try status()
            let locks = try LinuxFileSystem().openFile("/proc/locks", .read).readAll(limitBytes: 4 << 20)
            let place = Self.lockPlace(found)
            for line in String(decoding: locks, as: UTF8.self).split(separator: "\n") {
                // 17: FLOCK  ADVISORY  WRITE 4711 fd:01:393342 0 EOF; one that waits has an arrow after the number.
                let fields = line.split(separator: " ")
                guard fields.count >= 6, fields[1] == "FLOCK", fields[5] == place, let process = Int32(fields[4]),
                    process > 0
                else { continue }
                return LockHolder(processID: process, program: Self.program(process))
            }
            return nil
        } catch {
            // A system that does not say who holds a lock is no failure of the lock.
            return nil
        }
    }

    private static func lockPlace(_ found: FileStatus) -> String {
        func hexadecimal(_ number: UInt64) -> String {
            let digits = String(number, radix: 16)
            return digits.utf8.count < 2 ? "0" + digits : digits
        }
        return "\(hexadecimal(found.device >> 32)):\(hexadecimal(found.device & 0xffff_ffff)):\(found.inode)"
    }

    private static func program(_ process: Int32) -> String? {
        do throws(StorageError) {
            let name = try LinuxFileSystem().openFile("/proc/\(process)/comm", .read).readAll(limitBytes: 64)
            return String(decoding: name.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        } catch {
            // It ended meanwhile, or it is somebody else's.
            return nil
        }
    }
}
