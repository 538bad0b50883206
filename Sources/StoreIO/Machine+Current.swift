import Glibc

extension Machine {
    /// This machine and this process.
    ///
    /// - Throws: `.unsupportedFormat` where the kernel does not say when it started (no `/proc`): without that a store can
    ///   not tell what survived a restart. `.inputOutput`.
    package static func current() throws(StorageError) -> Machine {
        let userID = getuid()
        return Machine(
            bootID: try bootID(from: LinuxFileSystem()),
            machineID: try machineID(from: LinuxFileSystem()),
            userID: userID,
            processID: getpid(),
            stateDirectory: stateDirectory(userID: userID) { name in
                unsafe getenv(name).map { unsafe String(cString: $0) }
            }
        )
    }

    /// Where state belongs that must not be inside the store, such as the incarnation marker. The first of:
    /// 1. `$STATE_DIRECTORY`, which systemd sets for a service with `StateDirectory=` (its first path);
    /// 2. `$XDG_STATE_HOME/abscope`;
    /// 3. `/var/lib/abscope` for root and for accounts without a home;
    /// 4. `$HOME/.local/state/abscope`.
    ///
    /// Only absolute paths count, as the XDG specification demands. A store remembers the path it chose when it was made,
    /// so that the daemon and a command line in another environment use the same one.
    ///
    /// - Parameters:
    ///   - userID: The account.
    ///   - environment: Looks up a variable.
    /// - Returns: An absolute path; the directory may not exist yet.
    package static func stateDirectory(userID: UInt32, environment: (String) -> String?) -> String {
        func absolute(_ name: String) -> String? {
            guard let value = environment(name)?.split(separator: ":").first, value.hasPrefix("/") else { return nil }
            return String(value)
        }
        if let directory = absolute("STATE_DIRECTORY") { return directory }
        if let directory = absolute("XDG_STATE_HOME") { return directory + "/abscope" }
        guard userID != 0, let home = absolute("HOME"), home != "/", home != "/nonexistent" else {
            return "/var/lib/abscope"
        }
        return home + "/.local/state/abscope"
    }

    private static func bootID(from files: LinuxFileSystem) throws(StorageError) -> String {
        let path = "/proc/sys/kernel/random/boot_id"
        do throws(StorageError) {
            let text = trimmed(try files.readFile(path, limitBytes: 256))
            if !text.isEmpty { return text }
        } catch  where error.code == .notFound {
            // Falls through to the sentence below, which says more than "no such file".
        }
        throw StorageError(
            .unsupportedFormat,
            "The kernel does not tell its start (boot_id): mount /proc, without it a store can not be opened safely.",
            at: .init(path: path)
        )
    }

    private static func machineID(from files: LinuxFileSystem) throws(StorageError) -> String {
        do throws(StorageError) {
            return trimmed(try files.readFile("/etc/machine-id", limitBytes: 256))
        } catch  where error.code == .notFound || error.code == .invalidArgument {
            // A container often has none, or a link: then the machine is told by the other marks of the marker.
            return ""
        }
    }

    private static func trimmed(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}

extension Surroundings {
    /// The real disk, clock, randomness and machine.
    ///
    /// - Throws: As ``Machine/current()``.
    package static func current() throws(StorageError) -> Surroundings {
        // A write beyond `ulimit -f` would end the program in the middle of a commit; it is told as an error instead.
        signal(SIGXFSZ, SIG_IGN)
        return Surroundings(
            fileSystem: LinuxFileSystem(),
            clock: SystemClock(),
            random: SystemRandom(),
            machine: try Machine.current()
        )
    }
}
