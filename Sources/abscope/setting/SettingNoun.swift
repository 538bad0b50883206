import ArgumentParser
import CaseModel

/// The two kinds of settings as commands: `abscope protocol` and `abscope rules`.
protocol SettingNoun {
    static var kind: RecordKind { get }
    /// As it is typed.
    static var noun: String { get }
    static func help(_ verb: SettingVerb) -> CommandHelp
}

enum SettingVerb: String { case list, show, lint, load, approve, retract }

enum ProtocolNoun: SettingNoun {
    static let kind = RecordKind.protocol
    static let noun = "protocol"
    static func help(_ verb: SettingVerb) -> CommandHelp {
        switch verb {
        case .list: .protocolList
        case .show: .protocolShow
        case .lint: .protocolLint
        case .load: .protocolLoad
        case .approve: .protocolApprove
        case .retract: .protocolRetract
        }
    }
}

enum RulesNoun: SettingNoun {
    static let kind = RecordKind.ruleSet
    static let noun = "rules"
    static func help(_ verb: SettingVerb) -> CommandHelp {
        switch verb {
        case .list: .rulesList
        case .show: .rulesShow
        case .lint: .rulesLint
        case .load: .rulesLoad
        case .approve: .rulesApprove
        case .retract: .rulesRetract
        }
    }
}

extension SettingNoun {
    static func configuration(_ verb: SettingVerb) -> CommandConfiguration {
        CommandConfiguration(verb.rawValue, help(verb))
    }

    /// Reads a file of this kind.
    ///
    /// - Throws: 65 for what is none, with the place that is wrong; 66 where there is no file.
    static func setting(in file: String) throws -> Setting {
        let setting = try Setting(parsing: try WholeFile.read(file, limitBytes: Setting.textBytesMaximum * 4))
        guard setting.kind == kind else { throw Failure(.dataError, .setting(.otherKind(setting.kind)), at: file) }
        return setting
    }
}

/// `abscope protocol`.
struct ProtocolCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        ProtocolNoun.noun,
        .protocol,
        subcommands: [
            SettingList<ProtocolNoun>.self, SettingShow<ProtocolNoun>.self, SettingLint<ProtocolNoun>.self,
            SettingLoad<ProtocolNoun>.self, SettingApprove<ProtocolNoun>.self, ProtocolRetract.self,
        ]
    )
}

/// `abscope rules`.
struct RulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        RulesNoun.noun,
        .rules,
        subcommands: [
            SettingList<RulesNoun>.self, SettingShow<RulesNoun>.self, SettingLint<RulesNoun>.self,
            SettingLoad<RulesNoun>.self, SettingApprove<RulesNoun>.self, RulesRetract.self,
        ]
    )
}

/// `abscope protocol retract`.
struct ProtocolRetract: RetractCommand {
    static let configuration = ProtocolNoun.configuration(.retract)
    static let noun = ProtocolNoun.noun

    @OptionGroup var options: RetractOptions
}

/// `abscope rules retract`.
struct RulesRetract: RetractCommand {
    static let configuration = RulesNoun.configuration(.retract)
    static let noun = RulesNoun.noun

    @OptionGroup var options: RetractOptions
}
