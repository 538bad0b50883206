import ArgumentParser
import CaseModel

/// `abscope protocol show` and `abscope rules show`.
struct SettingShow<Noun: SettingNoun>: StoreCommand {
    static var configuration: CommandConfiguration { Noun.configuration(.show) }

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.settingName)) var name: String

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let item = try clinic.settings().item(name, of: Noun.kind)
        let console = session.console
        console.line(.setting(.head(item.setting.name, item.setting.version, item.setting.digest)))
        console.line(item.standing.safeForTerminal)
        if let trial = TrialProtocol(item.setting) { show(trial, on: console) }
        if let rules = DrugRuleSet(item.setting) { show(rules, on: console) }
        console.json(item.members(clinic.names) + [("content", item.setting.content.json)])
        return .success
    }

    private func show(_ trial: TrialProtocol, on console: Console) {
        console.line(trial.title.safeForTerminal)
        console.line(trial.source.safeForTerminal)
        var table = Table([.init(.rule), .init(.kind), .init(.what)])
        for rule in trial.rules { table.add([rule.id, rule.group.rawValue, rule.text]) }
        console.line()
        console.table(table, orElse: .setting(.none))
        guard !trial.ambiguities.isEmpty else { return }
        console.line()
        for ambiguity in trial.ambiguities { console.line(.setting(.ambiguity(ambiguity))) }
    }

    private func show(_ rules: DrugRuleSet, on console: Console) {
        console.line(rules.source.safeForTerminal)
        var table = Table([.init(.rule), .init(.what), .init(.suggests)])
        for rule in rules.rules {
            table.add([rule.id, say(.setting(.trigger(rule.trigger))), rule.suggestion.rawValue])
        }
        console.line()
        console.table(table, orElse: .setting(.none))
    }
}

extension JSONValue {
    /// The same for output; numbers are as they were.
    var json: JSON {
        switch self {
        case .null: .null
        case .bool(let value): .bool(value)
        case .number(let digits): .number(digits)
        case .string(let text): .string(text)
        case .array(let values): .array(values.map(\.json))
        case .object(let members): .object(members.map { ($0.name, $0.value.json) })
        }
    }
}
