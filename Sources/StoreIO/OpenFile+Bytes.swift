/// What callers of a file handle do all the time, over the protocol, so that a simulated disk exercises it too.
extension OpenFile {
    /// Reads up to `count` bytes; fewer only at the end of the file.
    ///
    /// - Parameters:
    ///   - count: Bytes wanted; the caller has checked it against a limit, for so much is allocated.
    ///   - offsetBytes: Where to start.
    /// - Returns: The bytes read.
    /// - Throws: `.inputOutput`, which is never reported as the end of the file.
    package func read(upTo count: Int, at offsetBytes: UInt64) throws(StorageError) -> [UInt8] {
        // An array made for nothing is the one all of them share, and its length is written none the less.
        guard count > 0 else { return [] }
        var failure: StorageError?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            do throws(StorageError) {
                initialized = unsafe try read(into: UnsafeMutableRawBufferPointer(buffer), at: offsetBytes)
            } catch {
                failure = error
                initialized = 0
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Reads exactly `count` bytes.
    ///
    /// - Parameters:
    ///   - count: Bytes wanted; the caller has checked it against a limit, for so much is allocated.
    ///   - offsetBytes: Where to start.
    /// - Returns: `count` bytes.
    /// - Throws: `.corrupted` when the file ends before that; `.inputOutput`.
    package func read(exactly count: Int, at offsetBytes: UInt64) throws(StorageError) -> [UInt8] {
        let bytes = try read(upTo: count, at: offsetBytes)
        guard bytes.count == count else {
            throw StorageError(
                .corrupted,
                "The file ends after byte \(offsetBytes + UInt64(bytes.count)) where \(count) bytes from \(offsetBytes)"
                    + " are needed: it was cut, or it is not what its name says.",
                at: StorageError.Location(path: path, offsetBytes: offsetBytes)
            )
        }
        return bytes
    }

    /// Reads a file of known, small size.
    ///
    /// - Parameter limitBytes: The largest file that is read into memory.
    /// - Returns: The whole file.
    /// - Throws: `.tooLarge` when the file is larger than the limit; `.inputOutput`.
    package func readAll(limitBytes: Int) throws(StorageError) -> [UInt8] {
        // Most files are far below their limit. How long they say they are is not asked: some of the kernel's say nothing.
        var bytes: [UInt8] = []
        var isAtEnd = false
        while !isAtEnd && bytes.count <= limitBytes {
            let count = min(max(bytes.count, 64 * 1024), limitBytes + 1 - bytes.count)
            let more = try read(upTo: count, at: UInt64(bytes.count))
            isAtEnd = more.count < count
            bytes += more
        }
        guard bytes.count <= limitBytes else {
            throw StorageError(
                .tooLarge,
                "The file is larger than the \(limitBytes) bytes it may have: it is not what its name says.",
                at: StorageError.Location(path: path)
            )
        }
        return bytes
    }

    /// Writes all of `bytes`; durable only after ``OpenFile/synchronizeData()``.
    ///
    /// - Parameters:
    ///   - bytes: What to write.
    ///   - offsetBytes: Where; writing beyond the end leaves zeros between.
    /// - Throws: `.noSpace`, `.readOnly`, `.inputOutput`; part of the bytes may then be in the file.
    package func write(_ bytes: [UInt8], at offsetBytes: UInt64) throws(StorageError) {
        try write(bytes[...], at: offsetBytes)
    }

    /// Writes all of `bytes`; durable only after ``OpenFile/synchronizeData()``.
    ///
    /// - Parameters:
    ///   - bytes: What to write.
    ///   - offsetBytes: Where; writing beyond the end leaves zeros between.
    /// - Throws: `.noSpace`, `.readOnly`, `.inputOutput`; part of the bytes may then be in the file.
    package func write(_ bytes: ArraySlice<UInt8>, at offsetBytes: UInt64) throws(StorageError) {
        // `withUnsafeBytes` of the standard library does not pass a typed error through.
        let result = unsafe bytes.withUnsafeBytes { buffer in
            Result { () throws(StorageError) in unsafe try write(buffer, at: offsetBytes) }
        }
        try result.get()
    }
}
