import Glibc

/// Calls that a signal may interrupt, and what their failure means.
enum SystemCall {
    /// Calls until no signal interrupts.
    ///
    /// - Returns: What the call returned, never negative.
    @discardableResult
    static func retrying(
        _ name: String,
        _ path: String,
        at offsetBytes: UInt64? = nil,
        _ body: () -> Int32
    ) throws(StorageError) -> Int32 {
        while true {
            let result = body()
            if result >= 0 { return result }
            if errno != EINTR { throw failure(name, path, at: offsetBytes) }
        }
    }

    /// The failure `errno` names now.
    static func failure(_ name: String, _ path: String, at offsetBytes: UInt64? = nil) -> StorageError {
        StorageError(systemCall: name, errno: errno, path: path, offsetBytes: offsetBytes)
    }
}
