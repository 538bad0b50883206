import ArgumentParser
import CaseModel
import CaseStore
import StoreIO

/// `abscope attach`.
struct Attach: StoreCommand {
    static let configuration = CommandConfiguration("attach", .attach)

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String
    @Argument(help: .option(.attachedFile), completion: .file()) var file: String
    @Option(name: .long, help: .option(.documentTitle)) var title: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(caseNumber, in: clinic)
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        // Where a link leads is what is attached, under the name that was typed.
        let path = try Surrounding.realPath(file)
        let name = try Surrounding.absolutePath(file).split(separator: "/").last.map(String.init) ?? file
        let progress = SharedProgress(.attaching, on: session.console)
        defer { progress.finish() }
        let result = try clinic.attach(
            file: path,
            name: name,
            title: title.map { $0.trimmed }.flatMap { $0.isEmpty ? nil : $0 },
            to: record,
            operatorRecord: operatorRecord,
            isDryRun: writing.dryRun,
            progress: { progress.advance(to: $0, of: $1) }
        )
        progress.finish()
        let members: [(String, JSON)] = [
            ("case", .string(try clinic.caseNumber(record))), ("bytes", JSON(result.lengthBytes)),
            ("chunks", JSON(result.chunks)), ("chunks_written", JSON(result.chunksWritten)),
        ]
        if let earlier = result.earlier {
            let reference = clinic.names.reference(earlier)
            session.console.line(.attachedAlready(reference))
            session.console.json([("recorded", .bool(false)), ("reference", .string(reference))] + members)
            return .success
        }
        session.console.line(.attached(name: name, size: Quantities.bytes(result.lengthBytes)))
        session.report(result.entry, correction: CaseRetract.line, in: clinic, members)
        return .success
    }
}
