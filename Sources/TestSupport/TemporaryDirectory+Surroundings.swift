import SimulatedStorage
package import StoreIO

extension TemporaryDirectory {
    /// A machine of a test's own whose state lies here: the real disk and randomness, a clock that the test moves.
    ///
    /// - Parameters:
    ///   - fileSystem: The disk.
    ///   - clock: The clock.
    /// - Returns: The surroundings of a store in this directory.
    /// - Throws: `StorageError` when the directory can not be looked at.
    package func surroundings(
        fileSystem: any FileSystem = LinuxFileSystem(),
        clock: any WallClock = SimulatedClock(zoneOffsetMinutes: 480)
    ) throws(StorageError) -> Surroundings {
        guard let owner = try fileSystem.status(path)?.ownerID else {
            throw StorageError(.notFound, "The temporary directory is gone.", at: .init(path: path))
        }
        return Surroundings(
            fileSystem: fileSystem,
            clock: clock,
            random: SystemRandom(),
            machine: Machine(
                bootID: "boot",
                machineID: "machine",
                userID: owner,
                processID: 1,
                stateDirectory: path + "/state"
            )
        )
    }
}
