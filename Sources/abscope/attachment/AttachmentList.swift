import ArgumentParser
import CaseModel
import CaseStore

/// `abscope attachment list`.
struct AttachmentList: StoreCommand {
    static let configuration = CommandConfiguration("list", .attachmentList)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(caseNumber, in: clinic)
        let documents = try clinic.documents(of: record)
        // Whose keys were destroyed here is not somebody whose keys are still to come.
        let isErased = try clinic.person(of: record).map { try !clinic.erasures(of: $0.id).erasures.isEmpty } ?? false
        let nameless = say(isErased ? .erasedHere : .sealedValue)
        var table = Table([.init(.reference), .init(.name), .init(.detail), .init(.bytes), .init(.status)])
        for document in documents {
            table.add([
                clinic.names.reference(document.record), document.name ?? nameless, document.title ?? "",
                Quantities.bytes(document.lengthBytes),
                document.isComplete
                    ? "" : say(.partsHere(document.chunksHere, of: document.chunks)),
            ])
        }
        session.console.table(table, orElse: .noAttachments)
        try session.console.json([
            ("case", .string(try clinic.caseNumber(record))),
            (
                "attachments",
                .array(
                    documents.map { document in
                        .object([
                            ("reference", .string(clinic.names.reference(document.record))),
                            ("name", JSON(document.name)), ("title", JSON(document.title)),
                            ("bytes", JSON(document.lengthBytes)), ("chunks", JSON(document.chunks)),
                            ("chunks_here", JSON(document.chunksHere)), ("complete", .bool(document.isComplete)),
                        ])
                    }
                )
            ),
        ])
        return .success
    }
}
