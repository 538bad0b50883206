import CaseModel
import Glibc

/// What is typed or piped in.
struct StandardInput {
    /// Standard input and standard error are a terminal: a question will be seen and can be answered.
    let isInteractive: Bool
    private let descriptor: Int32

    /// - Parameter descriptor: where to read; standard input but for tests.
    init(descriptor: Int32 = STDIN_FILENO) {
        self.descriptor = descriptor
        isInteractive = isatty(descriptor) == 1 && isatty(STDERR_FILENO) == 1
    }

    /// Input for one record is small; more is a mistake, such as a file in the wrong place.
    static let limitBytes = 65_536

    /// Everything on standard input.
    ///
    /// - Throws: 65 when it is longer than ``limitBytes`` or not valid UTF-8 (line, column and byte are named).
    func text() throws -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 8192)
        while true {
            let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
            if count == 0 { break }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw Failure(.inputOutput, .inputFailed(SystemError.sentence(errno)))
            }
            bytes += buffer[..<count]
            guard bytes.count <= Self.limitBytes else { throw Failure(.dataError, .inputTooLong(Self.limitBytes)) }
        }
        return try Self.text(of: bytes, from: say(.standardInput))
    }

    /// Bytes as text; a byte-order mark at the beginning is dropped.
    static func text(of bytes: [UInt8], from source: String) throws -> String {
        if let place = UTF8Position.firstInvalid(in: bytes) {
            throw Failure(
                .dataError,
                .inputNotUTF8(source: source, line: place.line, column: place.column, byte: place.byte + 1)
            )
        }
        let marked = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        return String(decoding: marked ? bytes.dropFirst(3) : bytes[...], as: UTF8.self)
    }

    /// One line from the terminal without its end; nil at the end of input.
    func line() throws -> String? {
        var bytes: [UInt8] = []
        while true {
            var byte: UInt8 = 0
            let count = unsafe Glibc.read(descriptor, &byte, 1)
            if count == 0 { return bytes.isEmpty ? nil : try Self.text(of: bytes, from: say(.standardInput)) }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw Failure(.inputOutput, .inputFailed(SystemError.sentence(errno)))
            }
            if byte == UInt8(ascii: "\n") { break }
            bytes.append(byte)
            guard bytes.count <= Self.limitBytes else { throw Failure(.dataError, .inputTooLong(Self.limitBytes)) }
        }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        return try Self.text(of: bytes, from: say(.standardInput))
    }

    /// Asks on the terminal and reads the answer, trimmed; nil for an empty answer.
    ///
    /// - Throws: 66 when the input ends instead.
    func ask(_ question: Question) throws -> String? {
        Console.writeError(say(question).safeForTerminal + " ")
        guard let answer = try line() else {
            Console.writeError("\n")
            throw Failure(.noInput, .inputEnded)
        }
        let trimmed = answer.trimmed
        return trimmed.isEmpty ? nil : trimmed
    }

    /// Asks for yes or no; only a clear yes is one.
    func confirm(_ question: Question) throws -> Bool {
        guard let answer = try ask(question) else { return false }
        return say(.yesAnswers).split(separator: " ").contains { $0 == answer.lowercased() }
    }
}

extension StringProtocol {
    /// Without white space at both ends.
    var trimmed: String {
        var rest = Substring(self)
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return String(rest)
    }
}
