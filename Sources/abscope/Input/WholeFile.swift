import Glibc

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

    /// Creates a file with mode 0600 and writes it; a file that exists is never overwritten.
    ///
    /// - Throws: 73 when the name is taken or the folder may not be written, 74 when the disk is full or fails.
    static func create(_ path: String, _ text: String) throws {
        func failed(_ status: ExitStatus? = nil) -> Failure {
            let number = errno
            return Failure(
                status ?? SystemError.status(number),
                .fileUnwritable(path, SystemError.sentence(number))
            )
        }
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failed(.cannotCreate) }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe write(descriptor, buffer.baseAddress.unsafelyUnwrapped + done, buffer.count - done)
            }
            if count >= 0 {
                done += count
            } else if errno != EINTR {
                throw failed()
            }
        }
        guard fsync(descriptor) == 0 else { throw failed() }
    }

    /// Takes back a file that ``create(_:_:)`` made, as far as that is possible.
    static func remove(_ path: String) {
        _ = unsafe unlink(path)
    }
}
