import Schema
import SwiftProtobuf

/// Reads one row by a mapping.
struct ImportRowReader {
    let mapping: ImportMapping
    let columns: [String: Int]
    let row: CSVTable.Row

    /// The field of a column; nil when its text means that there is no value.
    private func field(_ column: String) -> CSVTable.Field? {
        guard let index = columns[column] else { return nil }
        return mapping.absent.contains(row.fields[index].text) ? nil : row.fields[index]
    }

    func changes(errors: inout [CSVTable.Refusal]) -> [ImportedChange] {
        var changes: [ImportedChange] = []
        var indices: [String: UInt32] = [:]
        for template in mapping.records where isWanted(template) {
            // A record whose case or subject is not made in this row has nothing to hang on.
            let named = Array(template.links.values) + [template.caseTemplate].compactMap(\.self)
            guard named.allSatisfy({ indices[$0] != nil }) else { continue }
            do throws(CSVTable.Refusal) {
                var draft = DraftChange(kind: template.kind)
                let bodies = try bodies(of: template)
                draft.body = bodies.clear
                draft.links = template.links.compactMapValues { indices[$0].map(RecordTarget.inThisEntry) }
                if let name = template.caseTemplate, let index = indices[name] {
                    draft.caseRecord = .inThisEntry(change: index)
                }
                indices[template.name] = UInt32(changes.count)
                changes.append(
                    ImportedChange(template: template.name, draft: draft, identifying: bodies.identifying)
                )
            } catch {
                errors.append(error)
            }
        }
        return changes
    }

    private func isWanted(_ template: ImportMapping.RecordTemplate) -> Bool {
        guard let column = template.when else { return true }
        guard let field = field(column) else { return false }
        return !template.unless.contains(field.text) && (template.only.isEmpty || template.only.contains(field.text))
    }

    /// The encoded bodies of clear and of identifying fields.
    private func bodies(
        of template: ImportMapping.RecordTemplate
    ) throws(CSVTable.Refusal) -> (clear: [UInt8], identifying: [UInt8]) {
        var clear = JSONValue.object([])
        var identifying = JSONValue.object([])
        for source in template.fields {
            guard let value = try value(of: source) else { continue }
            if template.isSealed(source) {
                identifying.insert(value, at: source.path[...])
            } else {
                clear.insert(value, at: source.path[...])
            }
        }
        return (
            try encode(clear, .clear, of: template),
            identifying == .object([]) ? [] : try encode(identifying, .identifying, of: template)
        )
    }

    private func value(of source: ImportMapping.FieldSource) throws(CSVTable.Refusal) -> JSONValue? {
        switch source.value {
        case .constant(let value): return value
        case .column(let column, let form):
            guard let field = field(column) else { return nil }
            do throws(RecordError) {
                return try value(of: field.text, as: form)
            } catch {
                let isIdentifying = mapping.isIdentifying(column: column)
                throw CSVTable.Refusal(
                    "Column \"\(column)\": \(isIdentifying ? "the value is not of its form." : error.message)",
                    remedy: isIdentifying ? "" : error.remedy,
                    at: field.position
                )
            }
        }
    }

    private func value(of text: String, as form: ImportMapping.ColumnForm) throws(RecordError) -> JSONValue {
        switch form {
        case .string: return .string(text)
        case .text: return .object([.init("value", .string(text))])
        case .coded: return .object([.init("text", .string(text))])
        case .integer:
            guard let number = Int32(text) else {
                throw RecordError(.illFormedValue, "\"\(text)\" is not a whole number.")
            }
            return .number(String(number))
        case .quantity(let unit): return try JSONValue(Measure(parsing: text, implied: unit).schema)
        case .result(let unit):
            do throws(RecordError) {
                return .object([.init("quantity", try JSONValue(Measure(parsing: text, implied: unit).schema))])
            } catch {
                // Not a measured value: kept as written, which is what the form promises.
                return .object([.init("text", .object([.init("value", .string(text))]))])
            }
        case .date: return try JSONValue(PartialDate(parsing: text, today: nil).schema)
        case .relativeDay:
            guard let day = Int32(text) else {
                throw RecordError(.illFormedValue, "\"\(text)\" is not a day number.")
            }
            return try JSONValue(PartialDate(relativeDay: day, origin: mapping.relativeOrigin).schema)
        case .map(let values):
            guard let value = values[text] else {
                throw RecordError(
                    .illFormedValue,
                    "\"\(text)\" is none of \(values.keys.sorted().joined(separator: ", ")).",
                    remedy: "Correct the file, or add the text to the mapping."
                )
            }
            return value
        }
    }

    /// Which fields of a record a body holds. What makes a record whole is in the clear ones.
    private enum Part {
        case clear, identifying
    }

    private func encode(
        _ value: JSONValue,
        _ part: Part,
        of template: ImportMapping.RecordTemplate
    ) throws(CSVTable.Refusal) -> [UInt8] {
        do {
            let json = Array(value.canonical.utf8)
            switch template.kind {
            case .person: return try PersonBody(jsonUTF8Bytes: json).encodedBytes()
            case .case: return try CaseBody(jsonUTF8Bytes: json).encodedBytes()
            case .result:
                let result = try ResultBody(jsonUTF8Bytes: json)
                if part == .clear { try ResultRules.refuseIllFormed(result) }
                return try result.encodedBytes()
            case .statement: return try StatementBody(jsonUTF8Bytes: json).encodedBytes()
            case .order: return try OrderBody(jsonUTF8Bytes: json).encodedBytes()
            case .given: return try GivenBody(jsonUTF8Bytes: json).encodedBytes()
            case .event:
                let event = try EventBody(jsonUTF8Bytes: json)
                if event.hasAdverseEvent { try EventRules.refuseIllFormed(event.adverseEvent) }
                return try event.encodedBytes()
            default: return try OperatorBody(jsonUTF8Bytes: json).encodedBytes()
            }
        } catch {
            // Which column it was is not known here, and the message of a library may quote a value.
            let isIdentifying = template.columns.contains { mapping.isIdentifying(column: $0) }
            let reason = isIdentifying ? "" : ": \(error)"
            let known = isIdentifying ? nil : error as? RecordError
            throw CSVTable.Refusal(
                position: TextPosition(line: row.line, column: 1),
                error: RecordError(
                    .illFormedFile,
                    known?.message ?? "The mapping's record \"\(template.name)\" does not fit its kind\(reason).",
                    remedy: known?.remedy ?? "Correct the paths and constants of the mapping.",
                    at: "line \(row.line)"
                )
            )
        }
    }

    enum CheckOutcome {
        case holds
        case broken(ImportFinding)
    }

    /// nil when the row lacks one of the three.
    func outcome(of check: ImportMapping.DayCheck, errors: inout [CSVTable.Refusal]) -> CheckOutcome? {
        guard let later = field(check.later), let earlier = field(check.earlier), let days = field(check.days) else {
            return nil
        }
        let columns = [check.later, check.earlier, check.days]
        var numbers: [Int64] = []
        for (column, field) in zip(columns, [later, earlier, days]) {
            guard let number = Int64(field.text) else {
                let value = mapping.isIdentifying(column: column) ? "the value" : "\"\(field.text)\""
                errors.append(
                    CSVTable.Refusal("Column \"\(column)\": \(value) is not a day number.", at: field.position)
                )
                return nil
            }
            numbers.append(number)
        }
        let (difference, overflow) = numbers[0].subtractingReportingOverflow(numbers[1])
        guard overflow || difference != numbers[2] else { return .holds }
        // Two of the three tell the third.
        let isIdentifying = columns.contains { mapping.isIdentifying(column: $0) }
        let found = overflow ? "no day number" : String(difference)
        return .broken(
            ImportFinding(
                location: days.position.description,
                column: check.days,
                value: isIdentifying ? nil : days.text,
                rule: "import.day-sum",
                message: "\(check.later) - \(check.earlier) is \(isIdentifying ? "" : "\(found), ")not "
                    + "\(isIdentifying ? check.days : days.text)."
            )
        )
    }
}

extension ImportMapping.RecordTemplate {
    /// Those whose values its bodies hold.
    fileprivate var columns: [String] {
        fields.compactMap { source in
            guard case .column(let column, _) = source.value else { return nil }
            return column
        }
    }

    func isSealed(_ source: ImportMapping.FieldSource) -> Bool {
        Registry.kind(kind)?.fields.first { $0.name == source.path.first }?.form == .sealed
    }
}

extension JSONValue {
    /// The JSON form of a message of the schema.
    fileprivate init(_ message: some Message) throws(RecordError) {
        let bytes: [UInt8]
        do {
            bytes = try message.jsonUTF8Bytes()
        } catch {
            throw RecordError(.illFormedValue, "The value cannot be written: \(error).")
        }
        try self.init(parsing: bytes)
    }

    /// Sets a member, making the objects on the way.
    fileprivate mutating func insert(_ value: JSONValue, at path: ArraySlice<String>) {
        guard let name = path.first, var members else { return }
        var member = members.first { $0.name == name }?.value ?? .object([])
        if path.count == 1 { member = value } else { member.insert(value, at: path.dropFirst()) }
        members.removeAll { $0.name == name }
        members.append(Member(name, member))
        self = .object(members)
    }
}
