import Glibc

/// Whole files of a test's own, small enough for memory.
package enum SmallFile {
    /// Writes a file anew.
    ///
    /// - Throws: ``Hindrance``.
    package static func write(_ bytes: [UInt8], to path: String) throws {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Hindrance("\(path) can not be made: error \(errno)") }
        defer { close(descriptor) }
        try write(bytes[...], on: descriptor)
    }

    /// Writes all bytes to something open.
    static func write(_ bytes: ArraySlice<UInt8>, on descriptor: Int32) throws {
        var rest = bytes
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { throw Hindrance("writing failed: error \(errno)") }
            rest = rest.dropFirst(max(0, count))
        }
    }

    /// Reads a file to its end.
    ///
    /// - Throws: ``Hindrance``.
    package static func read(_ path: String) throws -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Hindrance("\(path) can not be opened: error \(errno)") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
            if count == 0 { return bytes }
            guard count > 0 || errno == EINTR else { throw Hindrance("\(path) can not be read: error \(errno)") }
            bytes += buffer[..<max(0, count)]
        }
    }
}
