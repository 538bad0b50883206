/// Everything a store takes from the machine it runs on: disk, clock, randomness, and who and where it is.
///
/// Passed in, never reached for, so that a simulated machine can stand in for the real one.
package struct Surroundings: Sendable {
    package var fileSystem: any FileSystem
    package var clock: any WallClock
    package var random: any RandomSource
    package var machine: Machine

    package init(fileSystem: any FileSystem, clock: any WallClock, random: any RandomSource, machine: Machine) {
        self.fileSystem = fileSystem
        self.clock = clock
        self.random = random
        self.machine = machine
    }
}

/// The time of day as this machine believes it, and a steady count beside it.
package protocol WallClock: Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z; may be wrong and may jump.
    func millisecondsSinceEpoch() -> Int64
    /// Offset of local time from UTC in minutes at this moment.
    func zoneOffsetMinutes() -> Int32
    /// Nanoseconds that never go back while the machine runs, and may stand still while it sleeps; no relation to the time of
    /// day. For how long something takes, and how long something is waited for.
    func steadyNanoseconds() -> UInt64
    /// As ``steadyNanoseconds()``, from another beginning, and goes on while the machine sleeps. For how long ago something was.
    func elapsedNanoseconds() -> UInt64
    /// Blocks the calling thread for about this long; a simulated clock moves on instead. For short waits between tries
    /// of something another process holds, never on the cooperative pool.
    func pause(nanoseconds: UInt64)
}

extension WallClock {
    /// Of a machine that does not sleep.
    package func elapsedNanoseconds() -> UInt64 { steadyNanoseconds() }
}

/// Unpredictable bytes.
package protocol RandomSource: Sendable {
    /// - Returns: `count` bytes fit for keys and identifiers.
    func bytes(_ count: Int) -> [UInt8]
}

/// Which machine this is, and since which start of it.
package struct Machine: Sendable, Hashable {
    /// Changes with every start of the machine (`/proc/sys/kernel/random/boot_id`).
    package var bootID: String
    /// Stays with the installation (`/etc/machine-id`); empty where there is none.
    package var machineID: String
    package var userID: UInt32
    package var processID: Int32
    /// The folder for state that must not be inside the store (`$XDG_STATE_HOME/abscope`, or `/var/lib/abscope`).
    package var stateDirectory: String

    package init(bootID: String, machineID: String, userID: UInt32, processID: Int32, stateDirectory: String) {
        self.bootID = bootID
        self.machineID = machineID
        self.userID = userID
        self.processID = processID
        self.stateDirectory = stateDirectory
    }
}
