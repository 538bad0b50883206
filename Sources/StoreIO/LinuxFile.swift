import CLinux
import Glibc

/// An open file on the real disk. Owns its descriptor and closes it with its last reference; every member is a constant,
/// and the system calls name their offsets, so any thread may use it.
final class LinuxFile: OpenFile {
    private let descriptor: Int32
    let path: String

    init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    // What close(2) reports is of no use: data that must be on the disk was synced before.
    deinit { close(descriptor) }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offsetBytes: UInt64) throws(StorageError) -> Int {
        let start = try fileOffset(offsetBytes, "pread")
        var done = 0
        while done < buffer.count {
            let target = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = unsafe pread(descriptor, target.baseAddress, target.count, start + done)
            if count == 0 { break }
            if count > 0 {
                done += count
            } else if errno != EINTR {
                throw SystemCall.failure("pread", path, at: offsetBytes + UInt64(done))
            }
        }
        return done
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offsetBytes: UInt64) throws(StorageError) {
        let start = try fileOffset(offsetBytes, "pwrite")
        var done = 0
        while done < bytes.count {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = unsafe pwrite(descriptor, rest.baseAddress, rest.count, start + done)
            if count > 0 {
                done += count
            } else if count == 0 {
                // A regular file takes at least one byte or reports why not.
                throw StorageError(
                    systemCall: "pwrite",
                    errno: EIO,
                    path: path,
                    offsetBytes: offsetBytes + UInt64(done)
                )
            } else if errno != EINTR {
                throw SystemCall.failure("pwrite", path, at: offsetBytes + UInt64(done))
            }
        }
    }

    func startWriting(_ range: Range<UInt64>) {
        guard let start = Int(exactly: range.lowerBound), let length = Int(exactly: range.upperBound - range.lowerBound)
        else { return }
        // Without the flags that wait no error is taken from the file: the next fdatasync returns it.
        _ = sync_file_range(descriptor, start, length, START_WRITING_FLAG)
    }

    func allowReadingByAll() throws(StorageError) {
        try SystemCall.retrying("fchmod", path) { fchmod(descriptor, 0o644) }
    }

    func synchronizeData() throws(StorageError) {
        // EINTR included: whether an interrupted sync wrote anything is unknown, and it must not be asked again.
        guard fdatasync(descriptor) == 0 else { throw SystemCall.failure("fdatasync", path) }
    }

    /// Where the file system has no `fallocate`, the bytes beyond the present end are written as zeros; holes before it
    /// stay holes.
    func allocate(_ range: Range<UInt64>) throws(StorageError) {
        let start = try fileOffset(range.lowerBound, "fallocate")
        let end = try fileOffset(range.upperBound, "fallocate")
        do throws(StorageError) {
            try SystemCall.retrying("fallocate", path, at: range.lowerBound) {
                fallocate(descriptor, 0, start, end - start)
            }
        } catch {
            let number = (error.cause as? SystemCallFailure)?.number
            guard number == EOPNOTSUPP || number == ENOSYS else { throw error }
            try appendZeros(upTo: range.upperBound)
        }
    }

    private func appendZeros(upTo end: UInt64) throws(StorageError) {
        let zeros = [UInt8](repeating: 0, count: 64 << 10)
        var position = try status().sizeBytes
        while position < end {
            let count = Int(min(UInt64(zeros.count), end - position))
            try write(zeros.prefix(count), at: position)
            position += UInt64(count)
        }
    }

    func status() throws(StorageError) -> FileStatus { try FileStatus(of: descriptor, openedAs: path) }

    func lock(_ mode: LockMode, waiting: Bool) throws(StorageError) -> Bool {
        let operation = (mode == .shared ? LOCK_SH : LOCK_EX) | (waiting ? 0 : LOCK_NB)
        while flock(descriptor, operation) != 0 {
            if errno == EWOULDBLOCK, !waiting { return false }
            if errno != EINTR { throw SystemCall.failure("flock", path) }
        }
        return true
    }

    func lock(waitingNanoseconds: UInt64) throws(StorageError) -> Bool {
        try lock(waitingNanoseconds: waitingNanoseconds, by: SystemClock())
    }

    func unlock() throws(StorageError) {
        try SystemCall.retrying("flock", path) { flock(descriptor, LOCK_UN) }
    }

    private func fileOffset(_ offsetBytes: UInt64, _ call: String) throws(StorageError) -> Int {
        guard let offset = Int(exactly: offsetBytes) else {
            throw StorageError(systemCall: call, errno: EFBIG, path: path, offsetBytes: offsetBytes)
        }
        return offset
    }
}
