import ArgumentParser
import CaseModel
import CaseStore
import Schema

/// `abscope operator add`.
struct OperatorAdd: StoreCommand {
    static let configuration = CommandConfiguration("add", .operatorAdd)

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Option(name: .long, help: .option(.operatorRole)) var role: String?

    func perform(in session: Session) throws -> ExitStatus {
        let form = try Form(
            [
                Form.Field("name", asks: .operatorName, isRequired: true),
                Form.Field("role", role, asks: .operatorRole),
            ],
            from: session.input
        )
        let clinic = try session.clinic()
        var body = OperatorBody()
        body.name = Text(form.value("name"))
        if let role = form["role"] { body.role = Values.coded(role) }
        // A site's first operator has nobody before it: its own record names itself.
        let isFirst = try session.operatorsHere(in: clinic).isEmpty
        let entry = try clinic.record(
            Recording(
                changes: [try .create(.operator, body)],
                operatorRecord: isFirst && writing.operatorName == nil
                    ? nil : try session.operatorRecord(writing, in: clinic),
                isDryRun: writing.dryRun
            )
        )
        session.report(entry, correction: OperatorRetract.line, in: clinic)
        return .success
    }
}
