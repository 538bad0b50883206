import Glibc
import StoreIO

/// Files named on the command line, read and written whole.
enum WholeFile {
    /// What `-` stands for.
    static let standardInput = "-"

    /// The bytes of a file, or of standard input for `-`.
    ///
    /// - Throws: 66 when there is no such file or it is a folder, 77 when it may not be read, 65 when it is longer than
    ///   `limitBytes`, 74 when the disk fails.
    static func read(_ path: String, limitBytes: Int) throws -> [UInt8] {
        let isInput = path == standardInput
        let descriptor = isInput ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Failure(SystemError.status(errno), .fileUnreadable(path, SystemError.sentence(errno)))
        }
        defer { if !isInput { close(descriptor) } }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw Failure(SystemError.status(errno), .fileUnreadable(path, SystemError.sentence(errno)))
            }
            bytes += buffer[..<count]
            guard bytes.count <= limitBytes else { throw Failure(.dataError, .fileTooLong(path, limitBytes)) }
        }
    }

    /// Creates a file with mode 0600, whole and durable or not at all; a file that exists is never overwritten.
    ///
    /// - Throws: 73 when the name is taken or the disk is only read, 66 when there is no such folder, 77 when it may not be
    ///   written, 74 when the disk is full or fails; nothing is left of the file then.
    static func create(_ path: String, _ text: String, in surroundings: Surroundings) throws {
        try NewFile.make(Surrounding.realPath(path), in: surroundings) { try $0.write(Array(text.utf8)) }
    }

    /// Takes back a file that ``create(_:_:in:)`` made, as far as that is possible.
    static func remove(_ path: String) {
        _ = unsafe unlink(path)
    }
}
