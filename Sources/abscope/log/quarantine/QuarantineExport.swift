import ArgumentParser
import LogStore
import StoreIO

/// `abscope log quarantine export`.
struct QuarantineExport: StoreCommand {
    static let configuration = CommandConfiguration("export", .quarantineExport)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.quarantineFiles)) var files: [String] = []
    @Option(name: .customLong("to"), help: .option(.exportFolder), completion: .directory) var folder: String

    func perform(in session: Session) throws -> ExitStatus {
        let log = try session.log()
        let chosen = try log.quarantined(named: files)
        let folder = try Surrounding.absolutePath(folder)
        try session.surroundings.fileSystem.makeDirectories(folder)
        for file in chosen {
            try log.export(file, to: "\(folder)/\(file.name)")
            session.console.line("\(folder)/\(file.name)".safeForTerminal)
        }
        if chosen.isEmpty { session.console.line(.quarantineEmpty) }
        session.console.json([
            ("exported", .array(chosen.map { .string($0.name) })), ("folder", .string(folder)),
        ])
        return .success
    }
}
