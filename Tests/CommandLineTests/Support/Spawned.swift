import Glibc
import TestSupport

@testable import abscope

/// One run of the built program as a process of its own.
struct Spawned {
    var status: Int32
    var output: String
    var errors: String

    /// The program that `swift build` made beside the tests.
    static let program = packageFolder + "/.build/debug/abscope"

    private static let packageFolder = #filePath.split(separator: "/").dropLast(4).reduce("") { "\($0)/\($1)" }

    /// Runs `abscope` and waits for it.
    ///
    /// * arguments: After the program's name, as bytes: not every argument is valid UTF-8.
    /// * input: Of standard input.
    /// * environment: Besides PATH, HOME and the store's state folder, which lie in `folder`.
    static func run(
        bytes arguments: [[UInt8]],
        input: String = "",
        in folder: TemporaryDirectory,
        environment: [String: String] = [:]
    ) throws -> Spawned {
        let number = folder.nextNumber()
        let paths = ["in", "out", "err"].map { "\(folder.path)/.\($0)-\(number)" }
        try write(Array(input.utf8), to: paths[0])
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, paths[0], O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, paths[1], O_WRONLY | O_CREAT, 0o600)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, paths[2], O_WRONLY | O_CREAT, 0o600)
        var variables = [
            "PATH": "/usr/bin:/bin", "HOME": folder.path, "XDG_STATE_HOME": folder.path + "/state", "LANG": "C.UTF-8",
        ]
        variables.merge(environment) { $1 }
        let list = variables.sorted { $0.key < $1.key }.map { Array("\($0.key)=\($0.value)".utf8) }
        var process: pid_t = 0
        let failure = unsafe withCStrings([Array(program.utf8)] + arguments) { argv in
            unsafe withCStrings(list) { envp in unsafe posix_spawn(&process, program, &actions, nil, argv, envp) }
        }
        guard failure == 0 else { throw SpawnFailure(number: failure) }
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { throw SpawnFailure(number: errno) }
        }
        let exited = status & 0x7F == 0
        return Spawned(
            status: exited ? (status >> 8) & 0xFF : -(status & 0x7F),
            output: String(decoding: try read(paths[1]), as: UTF8.self),
            errors: String(decoding: try read(paths[2]), as: UTF8.self)
        )
    }

    static func run(
        _ arguments: String...,
        input: String = "",
        in folder: TemporaryDirectory,
        environment: [String: String] = [:]
    ) throws -> Spawned {
        try run(bytes: arguments.map { Array($0.utf8) }, input: input, in: folder, environment: environment)
    }
}

struct SpawnFailure: Error {
    var number: Int32
}

extension TemporaryDirectory {
    /// A name no other run in this folder has.
    fileprivate func nextNumber() -> UInt64 { Progress.steadyNanoseconds() }
}

/// Lends arrays of bytes as a null-terminated array of C strings.
private func withCStrings<Result>(
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
