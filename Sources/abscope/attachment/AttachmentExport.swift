import ArgumentParser
import CaseModel
import CaseStore
import LogFormat

/// `abscope attachment export`.
struct AttachmentExport: StoreCommand {
    static let configuration = CommandConfiguration("export", .attachmentExport)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.recordReference)) var record: String
    @Argument(help: .option(.exportFile), completion: .file()) var file: String

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let state = try session.record(record, in: clinic)
        guard state.kind == .document else {
            throw Failure(.dataError, .notADocument(record), remedy: .attachmentListRemedy)
        }
        let path = try Surrounding.realPath(file)
        let progress = SharedProgress(.exporting, on: session.console)
        defer { progress.finish() }
        let length = try clinic.export(state.id, to: path) { progress.advance(to: $0, of: $1) }
        progress.finish()
        session.console.line(.exported(path, size: Quantities.bytes(length)))
        session.console.json([
            ("exported", .string(path)), ("reference", .string(clinic.names.reference(state.id))),
            ("bytes", JSON(length)),
        ])
        return .success
    }
}
