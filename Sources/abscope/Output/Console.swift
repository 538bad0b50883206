import Glibc

/// Standard output and standard error of one command.
///
/// What a command found goes to standard output, everything about the command itself (notes, questions, progress,
/// errors) to standard error, so that a pipe receives results only. Output is gathered and written at once.
final class Console {
    let isJSON: Bool
    let style: Style
    /// Standard error is a terminal: progress and emphasis make sense there.
    let isErrorTerminal: Bool
    private var pending: [UInt8] = []

    init(isJSON: Bool) {
        self.isJSON = isJSON
        style = Style(isOn: !isJSON && isatty(STDOUT_FILENO) == 1 && Self.wantsColour)
        isErrorTerminal = isatty(STDERR_FILENO) == 1
    }

    private static var wantsColour: Bool {
        (Surrounding.variable("NO_COLOR") ?? "").isEmpty && Surrounding.variable("TERM") != "dumb"
    }

    /// Adds one line for people to standard output; nothing with `--json`. The line must already be safe.
    func line(_ text: String = "") {
        guard !isJSON else { return }
        pending.append(contentsOf: text.utf8)
        pending.append(UInt8(ascii: "\n"))
    }

    /// Adds a sentence of the catalogue to standard output; nothing with `--json`.
    func line(_ message: Message) {
        line(say(message).safeForTerminal)
    }

    /// Adds a table, or the sentence that there is nothing.
    func table(_ table: Table, orElse message: Message) {
        let lines = table.lines(style: style)
        guard !lines.isEmpty else { return line(message) }
        for text in lines { line(text) }
    }

    /// Adds one JSON document to standard output; nothing without `--json`.
    func json(_ members: @autoclosure () throws -> [(String, JSON)]) rethrows {
        guard isJSON else { return }
        pending.append(contentsOf: JSON.object(try members()).text.utf8)
        pending.append(UInt8(ascii: "\n"))
    }

    /// Adds text as it is, for what other programs read.
    func raw(_ text: String) {
        pending.append(contentsOf: text.utf8)
    }

    /// Adds several lines that other programs read too; nothing with `--json`, whose document holds them.
    func document(_ text: String) {
        if !isJSON { raw(text.hasSuffix("\n") ? text : text + "\n") }
    }

    /// Writes a note to standard error at once; nothing with `--json`, where notes are members of the document.
    func note(_ message: Message) {
        if !isJSON { Self.note(message) }
    }

    /// The same from any thread, for who has seen that there is no `--json`.
    static func note(_ message: Message) {
        writeError(say(message).safeForTerminal + "\n")
    }

    /// Writes one of several problems to standard error at once; nothing with `--json`.
    func problem(_ failure: Failure) {
        guard !isJSON else { return }
        Self.writeError(failure.text + "\n")
    }

    /// The line on standard error that a command ends with.
    func line(of failure: Failure) -> String { Self.line(of: failure, isJSON: isJSON) }

    /// The same before there is a console.
    static func line(of failure: Failure, isJSON: Bool) -> String {
        (isJSON ? failure.json.text : "abscope: " + failure.text) + "\n"
    }

    /// Writes what was gathered.
    ///
    /// - Throws: 74 when the disk behind standard output failed or is full, 141 when nobody reads any more.
    func flush() throws {
        let bytes = pending
        pending = []
        try Self.write(bytes, to: STDOUT_FILENO)
    }

    static func writeError(_ text: String) {
        do {
            try write(Array(text.utf8), to: STDERR_FILENO)
        } catch {
            // Standard error is where failures are told; when it is gone, the exit status has to say it alone.
            return
        }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) throws {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(descriptor, buffer.baseAddress.unsafelyUnwrapped + done, buffer.count - done)
            }
            if count >= 0 {
                done += count
            } else if errno == EPIPE {
                throw Failure(.brokenPipe, "")
            } else if errno != EINTR {
                throw Failure(.inputOutput, .outputFailed(SystemError.sentence(errno)))
            }
        }
    }
}
