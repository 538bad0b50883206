import Glibc
import StoreIO

/// A file or pipe that takes whole lines, each with one `write`: a line is there or it is not, also when the process is
/// killed in between, as far as the kernel keeps a write together.
final class LineFile: Sendable {
    private let descriptor: Int32
    private let path: String

    /// - Throws: ``Complaint``.
    init(_ path: String) throws {
        self.path = path
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Complaint("\(path) can not be opened: error \(errno)") }
    }

    deinit { close(descriptor) }

    /// A line that can not be written ends the process: an oracle with gaps proves nothing.
    func append(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        let count = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
        precondition(count == bytes.count, "a line of \(path) could not be written: error \(errno)")
    }

    /// The whole lines of a file; none when there is no such file.
    ///
    /// - Throws: `.inputOutput`.
    static func lines(of path: String) throws(StorageError) -> [String] {
        let disk = LinuxFileSystem()
        guard try disk.exists(path) else { return [] }
        let text = String(decoding: try disk.readFile(path, limitBytes: 1 << 28), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        // What stands behind the last line break was cut off by a kill.
        return lines.dropLast().map(String.init)
    }
}

/// Why the program can not do its work, or what it found wrong.
struct Complaint: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
