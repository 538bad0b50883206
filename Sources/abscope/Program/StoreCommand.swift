import ArgumentParser

/// A command that works on a store: parse, ask the store, render.
protocol StoreCommand: ParsableCommand {
    var common: CommonOptions { get }

    /// Does the work, gathers the output in the session's console, and says how it went.
    func perform(in session: Session) throws -> ExitStatus
}

extension StoreCommand {
    func run() throws {
        let session = try Session(common)
        Interruption.ends(saying: .interrupted, on: session.console)
        let status: ExitStatus
        do {
            status = try perform(in: session)
        } catch {
            // What was found before the failure is still worth reading.
            try session.console.flush()
            throw error
        }
        // What was done is told first: nothing that comes behind it may hide that something was recorded.
        try session.console.flush()
        session.closing()
        if status != .success { throw Ending(status: status) }
    }
}
