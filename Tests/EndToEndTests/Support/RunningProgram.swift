import Foundation
import Glibc
import Synchronization
import TestSupport

/// One process at work, with what it says in files. Killed when the last reference goes.
final class RunningProgram: Sendable {
    let process: pid_t
    /// Kept as long as this is at work.
    private let folder: TemporaryDirectory
    private let files: String
    private let ended = Mutex<Int32?>(nil)

    /// Starts a program.
    ///
    /// * path: of its file.
    /// * arguments: After the program's name, as bytes: not every argument is valid UTF-8.
    /// * folder: where its files and its home are.
    /// * environment: Besides PATH, HOME and the state folder, which lie in `folder`.
    init(
        _ path: String,
        bytes arguments: [[UInt8]],
        input: [UInt8] = [],
        in folder: TemporaryDirectory,
        environment: [String: String] = [:]
    ) throws {
        self.folder = folder
        files = "\(folder.path)/.run-\(UUID().uuidString)"
        try Data(input).write(to: URL(filePath: files + ".in"))
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, files + ".in", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, files + ".out", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, files + ".err", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        var variables = [
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": folder.path, "XDG_STATE_HOME": folder.path + "/state",
            "LANG": "C.UTF-8",
        ]
        variables.merge(environment) { $1 }
        let list = variables.sorted { $0.key < $1.key }.map { Array("\($0.key)=\($0.value)".utf8) }
        var process: pid_t = 0
        let failure = unsafe Self.withCStrings([Array(path.utf8)] + arguments) { argv in
            unsafe Self.withCStrings(list) { envp in unsafe posix_spawn(&process, path, &actions, nil, argv, envp) }
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

    /// What it has said on standard output so far.
    var output: String { get throws { try text(".out") } }
    /// What it has said on standard error so far.
    var errors: String { get throws { try text(".err") } }

    /// How it ended: the exit status, or the signal with a minus sign; nil while it runs.
    var status: Int32? {
        get throws {
            try ended.withLock { ended in
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
    func signal(_ number: Int32) {
        ended.withLock { ended in
            guard ended == nil else { return }
            Glibc.kill(process, number)
        }
    }

    /// Waits until it has ended.
    func end(seconds: Int = 30) async throws -> Int32 {
        do {
            try await until("it ends", seconds: seconds) { try status != nil }
        } catch {
            throw Hindrance("a program did not end in \(seconds) s; it said: \(try errors)")
        }
        guard let status = try status else { throw Hindrance("it runs again") }
        return status
    }

    /// The bytes of physical memory it had at most, in bytes.
    func peakMemoryBytes() throws -> Int {
        let status = try String(contentsOf: URL(filePath: "/proc/\(process)/status"), encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        guard let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) }) else {
            throw Hindrance("/proc says nothing about the memory of \(process)")
        }
        return kilobytes * 1024
    }

    private func text(_ suffix: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: files + suffix)), as: UTF8.self)
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
