import Crypto
package import Schema

/// A document that rules go by: a protocol, or a set of rules about a drug. It is named by the digest of its canonical text,
/// so that a verdict says exactly what it rests on.
package struct Setting: Hashable, Sendable {
    package let kind: RecordKind
    package let name: String
    package let version: String
    /// SHA-256 of ``text``, in hexadecimal digits.
    package let digest: String
    /// Canonical JSON: names ascending, no white space, decimals as text.
    package let text: String
    package let content: JSONValue

    /// What describes the files.
    static let page = "Protocol/settings.md"
    /// An entry holds no more, with room for the rest of it.
    package static let textBytesMaximum = 15 * 1_024

    /// Reads a document of either kind, and whether all of it is understood.
    ///
    /// - Throws: `.illFormedFile` naming the member that is wrong: not JSON, another format, a rule this version does not know.
    package init(parsing bytes: [UInt8]) throws(RecordError) {
        content = try JSONValue(parsing: bytes)
        let object = JSONObject(content, at: "document", describedIn: Self.page)
        switch try object.text("format") {
        case TrialProtocol.format:
            kind = .protocol
            _ = try TrialProtocol(content)
        case DrugRuleSet.format:
            kind = .ruleSet
            _ = try DrugRuleSet(content)
        default: throw object.refused("format", "is neither \"\(TrialProtocol.format)\" nor \"\(DrugRuleSet.format)\"")
        }
        name = try object.text("name")
        version = try object.text("version")
        guard !name.isEmpty, !version.isEmpty else { throw object.refused("name", "or version is empty") }
        text = content.canonical
        guard text.utf8.count <= Self.textBytesMaximum else {
            throw RecordError(
                .illFormedFile,
                "The document has \(text.utf8.count) bytes; an entry holds \(Self.textBytesMaximum).",
                remedy: "Shorten texts, or make two documents of it."
            )
        }
        digest = Self.digest(of: text)
    }

    private static func digest(of text: String) -> String {
        SHA256.hash(data: Array(text.utf8)).reduce(into: "") { digits, byte in
            digits += String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }
    }

    /// Whether another one has the same kind, name and version.
    package func isNamed(like other: Setting) -> Bool {
        kind == other.kind && name == other.name && version == other.version
    }

    /// As a record holds it.
    package var document: SettingDocument {
        var document = SettingDocument()
        document.name = name
        document.version = version
        document.sha256 = collected(Array(SHA256.hash(data: Array(text.utf8))))
        document.content = collected(Array(text.utf8))
        return document
    }
}

/// What an approval says, for a setting that has one.
package struct SettingApprovalState: Hashable, Sendable {
    package var by: String
    package var date: PartialDate?
}

/// The settings a site knows: those that came with the program, and those that were recorded.
package struct SettingShelf: Sendable {
    package struct Item: Hashable, Sendable {
        package var setting: Setting
        /// Where it was recorded; nil for what came with the program and was not.
        package var record: RecordID?
        /// Of this very text, at this site; nil while nobody approved it.
        package var approval: SettingApprovalState?
    }

    /// By kind, name and version; what came with the program and was recorded stands once.
    package let items: [Item]

    /// - Parameters:
    ///   - states: Records of kinds `protocol` and `ruleSet`, of whatever site.
    ///   - isOwn: Whether a record was written by this site: an approval holds where it was made.
    ///   - shipped: What came with the program.
    package init(_ states: [RecordState], isOwn: (RecordID) -> Bool, shipped: [Setting] = ShippedSettings.all) {
        var items: [String: Item] = [:]
        for setting in shipped { items[setting.digest] = Item(setting: setting) }
        for state in states where state.standing != .retracted {
            let body = state.settledBody(SettingBody.self).body
            guard let setting = Self.setting(body, of: state.kind) else { continue }
            var item = items[setting.digest] ?? Item(setting: setting)
            let approval = Self.approval(state, body, isOwn: isOwn)
            if item.record == nil || approval != nil { item.record = state.id }
            item.approval = item.approval ?? approval
            items[setting.digest] = item
        }
        self.items = items.values.sorted { left, right in
            (left.setting.kind, left.setting.name, left.setting.version, left.setting.digest)
                < (right.setting.kind, right.setting.name, right.setting.version, right.setting.digest)
        }
    }

    /// nil for a text that is not what its digest says, or that this version does not understand.
    private static func setting(_ body: SettingBody, of kind: RecordKind) -> Setting? {
        do throws(RecordError) {
            let setting = try Setting(parsing: Array(body.document.content))
            return setting.kind == kind && setting.document == body.document ? setting : nil
        } catch {
            return nil
        }
    }

    private static func approval(
        _ state: RecordState,
        _ body: SettingBody,
        isOwn: (RecordID) -> Bool
    ) -> SettingApprovalState? {
        guard state.isSettled, isOwn(state.id), body.hasApproval, !body.approval.by.isEmpty else { return nil }
        return SettingApprovalState(
            by: body.approval.by,
            date: body.approval.hasDate ? PartialDate(ifReadable: body.approval.date) : nil
        )
    }

    /// The rule sets that were approved here.
    package var ruleSets: [DrugRuleSet] {
        items.filter { $0.approval != nil }.compactMap { DrugRuleSet($0.setting) }
    }
}
