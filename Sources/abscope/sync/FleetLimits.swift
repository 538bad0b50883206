import ArgumentParser

/// From when on a person should act.
struct FleetLimits: ParsableArguments {
    @Option(name: .long, help: .option(.silentHours)) var silentHours: String?
    @Option(name: .long, help: .option(.unsentHours)) var unsentHours: String?
    @Option(name: .long, help: .option(.clockMinutes)) var clockMinutes: String?

    /// In seconds; nil for never.
    struct Seconds {
        var silent: UInt64?
        var unsent: UInt64?
        var clock: UInt64?
    }

    /// - Throws: ``Failure`` 65 for what is no number of hours or minutes.
    func seconds() throws -> Seconds {
        func read(_ typed: String?, _ name: String, _ usual: Int, _ unit: UInt64) throws -> UInt64? {
            let number = try typed.map { try Values.wholeNumber($0, of: name, in: 0...8760) } ?? usual
            return number == 0 ? nil : UInt64(number) * unit
        }
        return Seconds(
            silent: try read(silentHours, "silent-hours", 72, 3600),
            unsent: try read(unsentHours, "unsent-hours", 24, 3600),
            clock: try read(clockMinutes, "clock-minutes", 5, 60)
        )
    }
}
