import ArgumentParser
import LogFormat
import LogStore

/// `abscope log quarantine list`.
struct QuarantineList: StoreCommand {
    static let configuration = CommandConfiguration("list", .quarantineList)

    @OptionGroup var common: CommonOptions

    func perform(in session: Session) throws -> ExitStatus {
        let log = try session.log()
        let names = try RecordNames(log)
        let files = try log.quarantined()
        var table = Table([
            .init(.file), .init(.site), .init(.lane), .init(.position, right: true), .init(.bytes, right: true),
            .init(.when), .init(.why),
        ])
        var rows: [JSON] = []
        for file in files {
            let since = FileAge.modifiedMilliseconds("\(log.paths.quarantine)/\(file.name)").map(session.moment)
            table.add([
                file.shortName, file.feed.map { names.site($0.site) } ?? "", file.feed?.lane.name ?? "",
                file.firstPosition.map { String($0) } ?? "", Quantities.bytes(file.sizeBytes), since ?? "",
                say(.quarantineKind(file.kind)),
            ])
            rows.append(file.json(since: since))
        }
        session.console.table(table, orElse: .quarantineEmpty)
        session.console.json([
            ("files", .array(rows)), ("bytes", JSON(files.reduce(0) { $0 + $1.sizeBytes })),
        ])
        return .success
    }
}
