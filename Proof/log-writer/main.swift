import Dispatch
import Glibc
import StoreIO
import Synchronization

// A writer for proofs, and the judge of what it left: see docs/durability.md. Status 0: done; 1: a promise is broken;
// 64: wrong arguments; 74: the disk or the store failed.

func say(_ text: String, to file: Int32) {
    let bytes = Array("\(text)\n".utf8)
    let count = unsafe bytes.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
    precondition(count == bytes.count, "nobody listens")
}

/// Writes in threads of their own, which commit together and seal under each other's readers.
func write(_ writing: Writing, commits: Int, threads: Int) throws {
    let group = DispatchGroup()
    let failures = Mutex<[any Error]>([])
    for number in 0..<threads {
        DispatchQueue(label: "writer \(number)").async(group: group) {
            var colleague = writing.colleague(number)
            do {
                try colleague.run(commits: commits)
            } catch {
                failures.withLock { $0.append(error) }
            }
        }
    }
    group.wait()
    if let failure = failures.withLock({ $0.first }) { throw failure }
}

do {
    let arguments = try Arguments(Array(CommandLine.arguments.dropFirst()))
    switch arguments.mode {
    case "write":
        let writing = try Writing(arguments)
        try write(
            writing,
            commits: try arguments.number("commits", default: 0),
            threads: arguments.number("threads", default: 1)
        )
    case "check":
        say(try Checking(arguments).run(), to: STDOUT_FILENO)
    default:
        say("log-writer: unknown mode \(arguments.mode)", to: STDERR_FILENO)
        exit(64)
    }
} catch let complaint as Complaint {
    say("log-writer: \(complaint)", to: STDERR_FILENO)
    exit(1)
} catch {
    say("log-writer: \(error)", to: STDERR_FILENO)
    exit(74)
}
