/// The rules of a trial, or of a way to treat, as data.
package struct TrialProtocol: Hashable, Sendable {
    package enum Group: String, Hashable, Sendable, CaseIterable {
        case inclusion, exclusion
        /// Of the treatment as it is planned and given.
        case treatment
    }

    package struct Rule: Hashable, Sendable {
        /// As the protocol calls it: `I05`.
        package var id: String
        package var group: Group
        /// The bullet of the source it was split from; nil where there is none.
        package var bullet: String?
        package var text: String
        package var form: RuleForm
        /// Ids of ``ambiguities`` whose default decides it.
        package var ambiguities: [String]
    }

    /// What the source leaves open, and what is taken for it until somebody has confirmed that.
    package struct Ambiguity: Hashable, Sendable {
        package var id: String
        package var text: String
        package var taken: String
    }

    package struct Arm: Hashable, Sendable {
        package var code: String
        package var text: String
    }

    package static let format = "abscope protocol 0"

    package let name: String
    package let version: String
    package let title: String
    package let source: String
    package let arms: [Arm]
    package let strata: [String]
    package let ambiguities: [Ambiguity]
    package let rules: [Rule]

    /// nil for a setting that is none.
    package init?(_ setting: Setting) {
        guard setting.kind == .protocol else { return nil }
        do throws(RecordError) { self = try TrialProtocol(setting.content) } catch { return nil }
    }

    /// - Throws: `.illFormedFile` naming the member that is wrong.
    init(_ content: JSONValue) throws(RecordError) {
        let file = JSONObject(content, at: "document", describedIn: Setting.page)
        try file.allow(["format", "name", "version", "title", "source", "arms", "strata", "ambiguities", "rules"])
        name = try file.text("name")
        version = try file.text("version")
        title = try file.text("title")
        source = try file.text("source")
        strata = try file.texts("strata", orEmpty: true)
        var arms: [Arm] = []
        for (index, value) in try file.array("arms", orEmpty: true).enumerated() {
            let arm = JSONObject(value, at: "arms[\(index)]", describedIn: Setting.page)
            try arm.allow(["code", "text"])
            arms.append(Arm(code: try arm.text("code"), text: try arm.text("text")))
        }
        self.arms = arms
        var ambiguities: [Ambiguity] = []
        for (index, value) in try file.array("ambiguities", orEmpty: true).enumerated() {
            let object = JSONObject(value, at: "ambiguities[\(index)]", describedIn: Setting.page)
            try object.allow(["id", "text", "taken"])
            ambiguities.append(
                Ambiguity(id: try object.text("id"), text: try object.text("text"), taken: try object.text("taken"))
            )
        }
        self.ambiguities = ambiguities
        var rules: [Rule] = []
        for (index, value) in try file.array("rules").enumerated() {
            let rule = try Self.rule(JSONObject(value, at: "rules[\(index)]", describedIn: Setting.page), value)
            guard !rules.contains(where: { $0.id == rule.id }) else {
                throw file.refused("rules", "have \(rule.id) twice")
            }
            for id in rule.ambiguities where !ambiguities.contains(where: { $0.id == id }) {
                throw file.refused("rules", "name \(id), which is no ambiguity of the protocol")
            }
            if case .rules(let ids) = rule.form {
                for id in ids where !rules.contains(where: { $0.id == id }) {
                    throw file.refused("rules", "derive \(rule.id) from \(id), which does not stand before it")
                }
            }
            rules.append(rule)
        }
        guard !rules.isEmpty else { throw file.refused("rules", "are empty") }
        self.rules = rules
    }

    private static func rule(_ object: JSONObject, _ value: JSONValue) throws(RecordError) -> Rule {
        try object.allow(["id", "group", "bullet", "text", "form", "ambiguities"])
        guard let group = Group(rawValue: try object.text("group")) else {
            throw object.refused("group", "is none of \(Group.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        guard let form = value["form"] else { throw object.refused("form", "is missing") }
        return Rule(
            id: try object.text("id"),
            group: group,
            bullet: try object.optionalText("bullet"),
            text: try object.text("text"),
            form: try RuleForm(form, at: "\(object.place).form"),
            ambiguities: try object.texts("ambiguities", orEmpty: true)
        )
    }
}
