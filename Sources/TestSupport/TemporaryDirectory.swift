import Glibc

/// A directory of a test's own on the real disk, removed with everything in it when the last reference goes.
package final class TemporaryDirectory: Sendable {
    /// The absolute path, without symbolic links.
    package let path: String

    package init() throws {
        Self.raisedLimit
        let base = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/abscope-test-XXXXXX".utf8CString)
        let made = unsafe template.withUnsafeMutableBufferPointer { buffer in
            unsafe buffer.baseAddress.flatMap { unsafe mkdtemp($0) }.flatMap { unsafe realpath($0, nil) }
        }
        guard let made = unsafe made else { throw TemporaryDirectoryFailure(number: errno, base: base) }
        path = unsafe String(cString: made)
        unsafe free(made)
    }

    deinit { Self.remove(path) }

    /// As many open files as this process may have: tests are all at work at once, with stores and sockets, and the usual
    /// limit of 1,024 is near.
    private static let raisedLimit: Void = {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, 65_536)
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }()

    private static func remove(_ path: String) {
        if let directory = unsafe opendir(path) {
            while let entry = unsafe readdir(directory) {
                let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
                }
                if name == "." || name == ".." { continue }
                let isDirectory = unsafe entry.pointee.d_type == UInt8(DT_DIR)
                if isDirectory { remove("\(path)/\(name)") } else { unsafe unlink("\(path)/\(name)") }
            }
            unsafe closedir(directory)
        }
        unsafe rmdir(path)
    }
}

/// A temporary directory could not be made.
package struct TemporaryDirectoryFailure: Error, CustomStringConvertible {
    var number: Int32
    var base: String
    package var description: String { "could not make a directory below \(base): error \(number)" }
}
