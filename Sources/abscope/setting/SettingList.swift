import ArgumentParser
import CaseModel

/// `abscope protocol list` and `abscope rules list`.
struct SettingList<Noun: SettingNoun>: StoreCommand {
    static var configuration: CommandConfiguration { Noun.configuration(.list) }

    @OptionGroup var common: CommonOptions

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        var table = Table([.init(.name), .init(.version), .init(.standing), .init(.digest), .init(.reference)])
        var rows: [JSON] = []
        for item in try clinic.settings().items where item.setting.kind == Noun.kind {
            let reference = item.record.map(clinic.names.reference)
            table.add([
                item.setting.name, item.setting.version, item.standing.prefixToColon,
                String(item.setting.digest.prefix(12)),
                reference ?? "",
            ])
            rows.append(.object(item.members(clinic.names)))
        }
        session.console.table(table, orElse: .setting(.none))
        session.console.json([(Noun.kind == .protocol ? "protocols" : "rule_sets", .array(rows))])
        return .success
    }
}

extension String {
    /// The words before a colon: what a column of a table has room for.
    fileprivate var prefixToColon: String { String(prefix { $0 != ":" }) }
}

extension SettingShelf.Item {
    /// Whether it is in force here, for people.
    var standing: String {
        guard let approval else { return say(.setting(setting.kind == .protocol ? .notConfirmed : .draft)) }
        return say(.setting(.approvedBy(approval.by, approval.date.map(String.init(describing:)))))
    }

    func members(_ names: RecordNames) -> [(String, JSON)] {
        [
            ("name", .string(setting.name)), ("version", .string(setting.version)), ("sha256", .string(setting.digest)),
            ("approved", .bool(approval != nil)), ("approved_by", JSON(approval?.by)),
            ("approved_on", JSON(approval?.date.map(String.init(describing:)))),
            ("record", JSON(record.map(names.reference))),
        ]
    }
}

extension SettingShelf {
    /// The setting of a kind that somebody named by (part of) its name, with its version after `@` where several have it.
    ///
    /// - Throws: 66 when there is none; 64 when there are several.
    func item(_ typed: String, of kind: RecordKind) throws -> Item {
        let all = items.filter { $0.setting.kind == kind }
        let parts = TypedText.folded(typed).lowercased().split(separator: "@", maxSplits: 1).map(String.init)
        let (name, version) = (parts.first ?? "", parts.count > 1 ? parts[1] : nil)
        func fits(_ item: Item) -> Bool { version.map { item.setting.version.lowercased() == $0 } ?? true }
        let exact = all.filter { $0.setting.name.lowercased() == name && fits($0) }
        let fitting = exact.isEmpty ? all.filter { $0.setting.name.lowercased().contains(name) && fits($0) } : exact
        let labels = (fitting.isEmpty ? all : fitting).map { "\($0.setting.name)@\($0.setting.version)" }
        guard let item = fitting.first else { throw Failure(.noInput, .setting(.unknown(typed, labels))) }
        guard fitting.count == 1 else { throw Failure(.usage, .setting(.ambiguous(typed, labels))) }
        return item
    }
}
