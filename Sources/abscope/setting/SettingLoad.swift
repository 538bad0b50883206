import ArgumentParser
import CaseModel
import CaseStore
import Schema

/// `abscope protocol load` and `abscope rules load`.
struct SettingLoad<Noun: SettingNoun>: StoreCommand {
    static var configuration: CommandConfiguration { Noun.configuration(.load) }

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.settingFile), completion: .file(extensions: ["json"])) var file: String

    func perform(in session: Session) throws -> ExitStatus {
        let setting = try Noun.setting(in: file)
        let clinic = try session.clinic()
        if let known = try clinic.settings().items.first(where: { $0.setting.digest == setting.digest }),
            known.record != nil
        {
            throw Failure(.dataError, .setting(.known(setting.name, setting.version)))
        }
        if try clinic.settings().items.contains(where: { $0.setting.isNamed(like: setting) && $0.setting != setting }) {
            throw Failure(
                .dataError,
                .setting(.otherText(setting.name, setting.version)),
                remedy: .setting(.otherTextRemedy)
            )
        }
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        var body = SettingBody()
        body.document = setting.document
        let entry = try clinic.record(
            Recording(
                changes: [try .create(Noun.kind, body)],
                operatorRecord: operatorRecord,
                isDryRun: writing.dryRun
            )
        )
        session.console.line(.setting(.good(setting.name, setting.version, setting.digest)))
        session.report(
            entry,
            correction: { "abscope \(Noun.noun) retract \($0) --reason …" },
            in: clinic,
            [("name", .string(setting.name)), ("sha256", .string(setting.digest))]
        )
        return .success
    }
}
