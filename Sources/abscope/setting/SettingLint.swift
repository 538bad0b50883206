import ArgumentParser
import CaseModel

/// `abscope protocol lint` and `abscope rules lint`: needs no store.
struct SettingLint<Noun: SettingNoun>: ParsableCommand {
    static var configuration: CommandConfiguration { Noun.configuration(.lint) }

    @Flag(name: .long, help: .option(.json)) var json = false
    @Argument(help: .option(.settingFile), completion: .file(extensions: ["json"])) var file: String

    func run() throws {
        let setting = try Noun.setting(in: file)
        let console = Console(isJSON: json)
        console.line(.setting(.good(setting.name, setting.version, setting.digest)))
        console.json([
            ("name", .string(setting.name)), ("version", .string(setting.version)), ("sha256", .string(setting.digest)),
            ("bytes", .integer(Int64(setting.text.utf8.count))),
        ])
        try console.flush()
    }
}
