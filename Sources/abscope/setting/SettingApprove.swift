import ArgumentParser
import CaseModel
import CaseStore
import Schema

/// `abscope protocol approve` and `abscope rules approve`: of one version, for this site.
struct SettingApprove<Noun: SettingNoun>: StoreCommand {
    static var configuration: CommandConfiguration { Noun.configuration(.approve) }

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.settingName)) var name: String
    @Option(name: .customLong("by"), help: .option(.approvedBy)) var approvedBy: String?
    @Option(name: .customLong("on"), help: .option(.approvedOn)) var date: String?
    @Option(name: .long, help: .option(.caseNote)) var note: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let item = try clinic.settings().item(name, of: Noun.kind)
        if let approval = item.approval {
            throw Failure(.dataError, .setting(.approvedAlready(item.setting.name, approval.by)))
        }
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        let form = try Form(
            [Form.Field("by", approvedBy, asks: .approvedBy, isRequired: true), Form.Field("on", date)],
            reading: .nothing,
            from: session.input
        )
        let today = try session.today()
        var body = SettingBody()
        // The text goes with it: who reads the approval can see what was approved.
        body.document = item.setting.document
        body.approval.by = form.value("by")
        body.approval.date =
            try form["on"].map { try Values.past($0, of: "on", today: today) }?.schema
            ?? PartialDate(today).schema
        if let note { body.approval.remark = Text(note) }
        let entry = try clinic.record(
            Recording(
                changes: [try .create(Noun.kind, body)],
                operatorRecord: operatorRecord,
                isDryRun: writing.dryRun
            )
        )
        session.console.line(.setting(.approved(item.setting.name, item.setting.version, form.value("by"))))
        session.report(
            entry,
            correction: { "abscope \(Noun.noun) retract \($0) --reason …" },
            in: clinic,
            [("name", .string(item.setting.name)), ("sha256", .string(item.setting.digest))]
        )
        return .success
    }
}
