import Glibc

/// The limit itself: `pwrite` and `fdatasync` on a preallocated file, nothing else.
enum RawDisk {
    /// Writes each of `entries` durably, one after the other.
    ///
    /// - Returns: Entries a second.
    static func appendSingle(_ entries: ArraySlice<[UInt8]>, in directory: String) -> Double {
        let path = directory + "/raw"
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
        precondition(descriptor >= 0, "can not create \(path)")
        defer {
            close(descriptor)
            unsafe unlink(path)
        }
        let total = entries.reduce(0) { $0 + $1.count }
        precondition(posix_fallocate(descriptor, 0, off_t(total)) == 0, "can not reserve space in \(path)")
        precondition(fdatasync(descriptor) == 0)
        var offset: off_t = 0
        let seconds = Stopwatch.seconds {
            for entry in entries {
                let written = unsafe entry.withUnsafeBytes { bytes in
                    unsafe pwrite(descriptor, bytes.baseAddress, bytes.count, offset)
                }
                precondition(written == entry.count && fdatasync(descriptor) == 0, "write to \(path) failed")
                offset += off_t(entry.count)
            }
        }
        return Double(entries.count) / seconds
    }
}
