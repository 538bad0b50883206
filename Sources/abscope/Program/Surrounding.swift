import CaseModel
import Glibc

/// The process's environment, arguments and working folder, checked where they come in.
enum Surrounding {
    /// A variable of the environment; nil when it is unset or not valid UTF-8.
    static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(validatingCString: value)
    }

    /// The arguments after the program's name.
    ///
    /// - Throws: 65 naming the argument and the byte where one is not valid UTF-8. Swift would replace the bytes, and
    ///   a record would hold what nobody typed.
    static func arguments() throws -> [String] {
        var arguments: [String] = []
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let pointer = unsafe CommandLine.unsafeArgv[index] else { break }
            let bytes = unsafe UnsafeBufferPointer(
                start: UnsafeRawPointer(pointer).assumingMemoryBound(to: UInt8.self),
                count: strlen(pointer)
            )
            let copy = unsafe Array(bytes)
            guard let text = String(validating: copy, as: UTF8.self) else {
                let place = UTF8Position.firstInvalid(in: copy)
                throw Failure(.dataError, .argumentNotUTF8(argument: index, byte: (place?.byte ?? 0) + 1))
            }
            arguments.append(text)
        }
        return arguments
    }

    /// Where a path really leads, links followed, as far as it exists already.
    static func realPath(_ path: String) throws -> String {
        let absolute = try absolutePath(path)
        var parts = absolute.split(separator: "/").map(String.init)
        var missing: [String] = []
        while true {
            let existing = "/" + parts.joined(separator: "/")
            if let found = unsafe realpath(existing, nil) {
                defer { unsafe free(found) }
                let real = unsafe String(cString: found)
                return missing.isEmpty ? real : (real == "/" ? "" : real) + "/" + missing.joined(separator: "/")
            }
            // What is wrong with such a path is told by whoever opens it.
            guard errno == ENOENT, let last = parts.popLast() else { return absolute }
            missing.insert(last, at: 0)
        }
    }

    /// An absolute path for what was typed: relative paths are relative to the working folder. `.` and empty parts are
    /// dropped; `..` is left to the system, which knows the links.
    ///
    /// - Throws: 64 for an empty path: what was meant is more likely a variable that is not set than this folder.
    static func absolutePath(_ path: String) throws -> String {
        guard !path.isEmpty else { throw Failure(.usage, .emptyPath, remedy: .emptyPathRemedy) }
        var parts: [Substring] = []
        if !path.hasPrefix("/") {
            var buffer = [CChar](repeating: 0, count: 4096)
            guard unsafe getcwd(&buffer, buffer.count) != nil else {
                throw Failure(SystemError.status(errno), .noWorkingFolder(SystemError.sentence(errno)))
            }
            let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            parts = String(decoding: bytes, as: UTF8.self).split(separator: "/")
        }
        parts += path.split(separator: "/").filter { $0 != "." }
        return "/" + parts.joined(separator: "/")
    }
}
