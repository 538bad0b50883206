extension ImportMapping {
    /// The value of `format` a mapping file begins with.
    package static let format = "abscope import mapping 0"
    /// What describes the files.
    private static let page = "docs/import.md"

    /// Reads a mapping file.
    ///
    /// - Throws: `.illFormedFile` naming the member that is wrong: not JSON, another format, an unknown kind, field,
    ///   form or template, a member this version does not know.
    package init(parsing bytes: [UInt8]) throws(RecordError) {
        let file = JSONObject(try JSONValue(parsing: bytes), at: "mapping", describedIn: Self.page)
        try file.allow(["format", "name", "key", "relative_origin", "absent", "ignored", "records", "checks"])
        guard try file.text("format") == Self.format else {
            throw file.refused("format", "is not \"\(Self.format)\"")
        }
        name = try file.text("name")
        key = try file.text("key")
        relativeOrigin = try file.optionalText("relative_origin") ?? name
        absent = Set(try file.texts("absent"))
        ignored = [:]
        for member in try file.object("ignored") {
            guard let reason = member.value.string else { throw file.refused("ignored", "gives no reason") }
            ignored[member.name] = reason
        }
        records = []
        for (index, record) in try file.array("records").enumerated() {
            records += try Self.templates(record, at: "records[\(index)]", before: records)
        }
        checks = []
        for (index, check) in try file.array("checks", orEmpty: true).enumerated() {
            let check = JSONObject(check, at: "checks[\(index)]", describedIn: Self.page)
            try check.allow(["later", "earlier", "days"])
            checks.append(
                DayCheck(
                    later: try check.text("later"),
                    earlier: try check.text("earlier"),
                    days: try check.text("days")
                )
            )
        }
    }

    /// One template, or one for each name of `each`, which then stands for `$each`.
    private static func templates(
        _ value: JSONValue,
        at place: String,
        before: [RecordTemplate]
    ) throws(RecordError) -> [RecordTemplate] {
        let each = try JSONObject(value, at: place, describedIn: page).texts("each", orEmpty: true)
        guard !each.isEmpty else { return [try template(value, at: place, before: before)] }
        var templates: [RecordTemplate] = []
        for name in each {
            templates.append(try template(value.replacing("$each", by: name), at: place, before: before + templates))
        }
        return templates
    }

    private static func template(
        _ value: JSONValue,
        at place: String,
        before: [RecordTemplate]
    ) throws(RecordError) -> RecordTemplate {
        let object = JSONObject(value, at: place, describedIn: page)
        try object.allow(["name", "kind", "case", "links", "fields", "when", "unless", "only", "each"])
        let kindName = try object.text("kind")
        guard
            let kind = Registry.kinds.first(where: {
                $0.name == kindName && ![.roster, .epoch, .protocol, .ruleSet].contains($0.kind)
            })
        else {
            throw object.refused("kind", "is no kind that can be imported")
        }
        let caseTemplate = try object.optionalText("case")
        var links: [UInt32: String] = [:]
        for member in try object.object("links", orEmpty: true) {
            guard let field = kind.fields.first(where: { $0.name == member.name && $0.form == .link }),
                let target = member.value.string
            else { throw object.refused("links", "names \(member.name), which is no link of \(kindName)") }
            links[field.number] = target
        }
        let known = Set(before.map(\.name))
        for target in Array(links.values) + [caseTemplate].compactMap(\.self) where !known.contains(target) {
            throw object.refused("links", "names \(target), which is no record above")
        }
        var fields: [FieldSource] = []
        for (index, field) in try object.array("fields", orEmpty: true).enumerated() {
            fields.append(try fieldSource(field, of: kind, at: "\(place).fields[\(index)]"))
        }
        return RecordTemplate(
            name: try object.text("name"),
            kind: kind.kind,
            caseTemplate: caseTemplate,
            links: links,
            fields: fields,
            when: try object.optionalText("when"),
            unless: Set(try object.texts("unless", orEmpty: true)),
            only: Set(try object.texts("only", orEmpty: true))
        )
    }

    private static func fieldSource(
        _ value: JSONValue,
        of kind: Registry.Kind,
        at place: String
    ) throws(RecordError) -> FieldSource {
        let object = JSONObject(value, at: place, describedIn: page)
        try object.allow(["path", "constant", "column", "as", "unit", "values"])
        let path = try object.text("path").split(separator: ".").map(String.init)
        guard let first = path.first, kind.fields.contains(where: { $0.name == first && $0.form != .link }) else {
            throw object.refused("path", "begins with no field of \(kind.name)")
        }
        if let constant = value["constant"] { return FieldSource(path: path, value: .constant(constant)) }
        return FieldSource(path: path, value: .column(try object.text("column"), try columnForm(object, value)))
    }

    private static func columnForm(_ object: JSONObject, _ value: JSONValue) throws(RecordError) -> ColumnForm {
        let unit = try object.optionalText("unit").map { text throws(RecordError) in try MeasureUnit(parsing: text) }
        switch try object.text("as") {
        case "string": return .string
        case "text": return .text
        case "coded": return .coded
        case "integer": return .integer
        case "quantity": return .quantity(unit)
        case "result": return .result(unit)
        case "date": return .date
        case "relative day": return .relativeDay
        case "map":
            var values: [String: JSONValue] = [:]
            for member in try object.object("values") { values[member.name] = member.value }
            return .map(values)
        default: throw object.refused("as", "is no way to read a column")
        }
    }
}

extension JSONValue {
    /// Replaces a text wherever it stands by itself.
    fileprivate func replacing(_ text: String, by other: String) -> JSONValue {
        switch self {
        case .string(text): .string(other)
        case .array(let values): .array(values.map { $0.replacing(text, by: other) })
        case .object(let members):
            .object(members.filter { $0.name != "each" }.map { Member($0.name, $0.value.replacing(text, by: other)) })
        default: self
        }
    }
}
