import Glibc

/// A text as a QR code on the terminal, drawn by the program `qrencode` where it is installed.
enum QRCode {
    private static let program = "qrencode"
    /// Two characters of a terminal line for each row of the code; level L, for the text is long.
    private static let arguments = [program, "--type=UTF8", "--level=L", "--output=-"]
    private static let shellNotFound: Int32 = 127

    /// Draws a text behind what was said so far; where that can not be done one line says why, and nothing else changes.
    static func draw(_ text: String, _ session: Session) throws {
        guard !session.console.isJSON else { return }
        guard isatty(STDOUT_FILENO) == 1 else { return session.console.note(.site(.qrNeedsTerminal)) }
        try session.console.flush()
        let status = run(text)
        if status == shellNotFound || status == -ENOENT {
            session.console.note(.site(.qrNotInstalled))
        } else if status != 0 {
            session.console.note(.site(.qrFailed(String(status))))
        }
    }

    /// Runs the program with the text on its standard input and the terminal as its output.
    ///
    /// * Returns: its exit status; a negative error number when it could not be started.
    private static func run(_ text: String) -> Int32 {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { return -errno }
        defer { for end in ends where end >= 0 { close(end) } }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
        // It would wait for its own end.
        for end in ends { unsafe posix_spawn_file_actions_addclose(&actions, end) }
        var process: pid_t = 0
        var copies: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) }
        unsafe copies.append(nil)
        defer { for index in unsafe copies.indices { unsafe free(copies[index]) } }
        let started = unsafe posix_spawnp(&process, program, &actions, nil, copies, nil)
        guard started == 0 else { return -started }
        close(ends[0])
        ends[0] = -1
        // The text is smaller than a pipe holds, so this ends also when the program reads nothing of it.
        let bytes = Array(text.utf8)
        _ = unsafe write(ends[1], bytes, bytes.count)
        close(ends[1])
        ends[1] = -1
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { return -errno }
        }
        return status & 0x7F == 0 ? status >> 8 & 0xFF : status
    }
}
