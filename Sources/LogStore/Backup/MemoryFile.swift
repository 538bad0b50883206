import StoreIO

/// A file's content in memory, for what reads files.
final class MemoryFile: OpenFile {
    let path: String
    private let bytes: [UInt8]

    init(_ bytes: [UInt8], path: String) {
        self.bytes = bytes
        self.path = path
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offsetBytes: UInt64) throws(StorageError) -> Int {
        guard offsetBytes < UInt64(bytes.count) else { return 0 }
        let part = bytes[Int(offsetBytes)...].prefix(buffer.count)
        unsafe buffer.copyBytes(from: part)
        return part.count
    }

    func status() throws(StorageError) -> FileStatus {
        FileStatus(kind: .file, sizeBytes: UInt64(bytes.count), inode: 0, device: 0, ownerID: 0, mode: 0o600)
    }

    private var refusal: StorageError {
        StorageError(.readOnly, "What lies in memory is only read.", at: .init(path: path))
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offsetBytes: UInt64) throws(StorageError) { throw refusal }
    func synchronizeData() throws(StorageError) { throw refusal }
    func allocate(_ range: Range<UInt64>) throws(StorageError) { throw refusal }
    func lock(_ mode: LockMode, waiting: Bool) throws(StorageError) -> Bool { throw refusal }
    func lock(waitingNanoseconds: UInt64) throws(StorageError) -> Bool { throw refusal }
    func unlock() throws(StorageError) { throw refusal }
    func lockHolder() -> LockHolder? { nil }
}
