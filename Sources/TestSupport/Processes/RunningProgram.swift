package import Glibc
import Synchronization

/// One process at work. What it says goes into files, or to a terminal. Killed when the last reference goes.
package final class RunningProgram: Sendable {
    /// Which of a program's streams are the terminal; the others are files.
    package struct Attachment: Sendable {
        package var terminal: Terminal
        package var streams: Set<Stream>

        package init(_ terminal: Terminal, _ streams: Set<Stream> = [.input, .output, .errors]) {
            self.terminal = terminal
            self.streams = streams
        }
    }

    /// A standard stream, by its descriptor.
    package enum Stream: Int32, Sendable, CaseIterable {
        case input, output, errors
    }

    package let process: pid_t
    /// Kept as long as this is at work.
    private let folder: TemporaryDirectory
    private let files: String
    private let terminal: Terminal?
    private let ended = Mutex<Int32?>(nil)
    /// POSIX_SPAWN_SETSID of spawn.h, which Swift does not see.
    private static let spawnInSession = 0x80
    private static let started = Atomic<UInt64>(0)
    /// Glibc closes those that are open and passes over the others.
    private static let descriptorsMaximum: Int32 = 1024

    /// Starts a program in a session of its own, with every signal as a shell would give it.
    ///
    /// * path: of its file.
    /// * arguments: After the program's name, as bytes: not every argument is valid UTF-8.
    /// * input: Of standard input, unless that is the terminal.
    /// * folder: where its files and its home are.
    /// * environment: Besides PATH, HOME and the state folder, which lie in `folder`.
    /// * attachment: The terminal it sits at, which Ctrl-C then reaches it from.
    package init(
        _ path: String,
        bytes arguments: [[UInt8]],
        input: [UInt8] = [],
        in folder: TemporaryDirectory,
        environment: [String: String] = [:],
        at attachment: Attachment? = nil
    ) throws {
        self.folder = folder
        terminal = attachment?.terminal
        let number = Self.started.add(1, ordering: .relaxed).newValue
        files = "\(folder.path)/.run-\(getpid())-\(number)"
        for (suffix, bytes) in [(".in", input), (".out", []), (".err", [])] {
            try SmallFile.write(bytes, to: files + suffix)
        }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for (stream, suffix) in zip(Stream.allCases, [".in", ".out", ".err"]) {
            if let attachment, attachment.streams.contains(stream) {
                // The first terminal that the leader of a session opens for reading becomes the session's.
                let path = attachment.terminal.path
                unsafe posix_spawn_file_actions_addopen(&actions, stream.rawValue, path, O_RDWR, 0)
            } else {
                let flags = stream == .input ? O_RDONLY : O_WRONLY | O_APPEND
                unsafe posix_spawn_file_actions_addopen(&actions, stream.rawValue, files + suffix, flags, 0)
            }
        }
        // Nothing that is open here is held open by the program: not the sockets of other tests either.
        for descriptor in 3..<Self.descriptorsMaximum { unsafe posix_spawn_file_actions_addclose(&actions, descriptor) }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGINT, SIGTERM, SIGPIPE, SIGHUP, SIGQUIT] { unsafe sigaddset(&signals, signal) }
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setflags(
            &attributes,
            Int16(Self.spawnInSession) | Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF)
        )
        var variables = [
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": folder.path, "XDG_STATE_HOME": folder.path + "/state",
            "LANG": "C.UTF-8", "TERM": "xterm",
        ]
        variables.merge(environment) { $1 }
        let list = variables.sorted { $0.key < $1.key }.map { Array("\($0.key)=\($0.value)".utf8) }
        var process: pid_t = 0
        let failure = unsafe Self.withCStrings([Array(path.utf8)] + arguments) { argv in
            unsafe Self.withCStrings(list) { envp in
                unsafe posix_spawn(&process, path, &actions, &attributes, argv, envp)
            }
        }
        guard failure == 0 else { throw Hindrance("\(path) can not be started: error \(failure)") }
        self.process = process
    }

    deinit {
        ended.withLock { ended in
            guard ended == nil else { return }
            Glibc.kill(process, SIGKILL)
            var status: Int32 = 0
            while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
        }
    }

    /// What it has said on standard output so far, unless that is the terminal.
    package var output: String { get throws { try text(".out") } }
    /// What it has said on standard error so far, unless that is the terminal.
    package var errors: String { get throws { try text(".err") } }

    /// How it ended: the exit status, or the signal with a minus sign; nil while it runs.
    package var status: Int32? {
        get throws {
            // A program whose terminal nobody reads waits for its reader.
            _ = try terminal?.text
            return try ended.withLock { ended in
                if let ended { return ended }
                var status: Int32 = 0
                let answer = unsafe waitpid(process, &status, WNOHANG)
                guard answer >= 0 || errno == EINTR else { throw Hindrance("waitpid failed: error \(errno)") }
                guard answer == process else { return nil }
                ended = status & 0x7F == 0 ? (status >> 8) & 0xFF : -(status & 0x7F)
                return ended
            }
        }
    }

    /// Sends a signal, unless it has ended.
    package func signal(_ number: Int32) {
        ended.withLock { ended in
            guard ended == nil else { return }
            Glibc.kill(process, number)
        }
    }

    /// Waits until it has ended.
    package func end(seconds: Int = patienceSeconds) async throws -> Int32 {
        do {
            try await until("it ends", seconds: seconds) { try status != nil }
        } catch {
            throw Hindrance("a program did not end in \(seconds) s; it said: \(try errors)")
        }
        guard let status = try status else { throw Hindrance("it runs again") }
        return status
    }

    /// Waits until it has ended, and gives what it said in files.
    package func run() async throws -> ProgramRun {
        let status = try await end()
        return ProgramRun(status: status, output: try output, errors: try errors)
    }

    /// The bytes of physical memory it had at most, in bytes.
    package func peakMemoryBytes() throws -> Int {
        let status = String(decoding: try SmallFile.read("/proc/\(process)/status"), as: UTF8.self)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        guard let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) }) else {
            throw Hindrance("/proc says nothing about the memory of \(process)")
        }
        return kilobytes * 1024
    }

    private func text(_ suffix: String) throws -> String {
        String(decoding: try SmallFile.read(files + suffix), as: UTF8.self)
    }

    /// Lends arrays of bytes as a null-terminated array of C strings.
    private static func withCStrings<Result>(
        _ strings: [[UInt8]],
        _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let list = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: strings.count + 1)
        for (index, bytes) in strings.enumerated() {
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
            for (place, byte) in bytes.enumerated() { unsafe copy[place] = CChar(bitPattern: byte) }
            unsafe copy[bytes.count] = 0
            unsafe list[index] = unsafe copy
        }
        unsafe list[strings.count] = nil
        defer {
            for index in strings.indices { unsafe list[index]?.deallocate() }
            unsafe list.deallocate()
        }
        return unsafe body(list)
    }
}
