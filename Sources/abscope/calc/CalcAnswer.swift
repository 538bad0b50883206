import CaseModel

/// What a calculation says: its inputs again, the formula, and what comes out, in order.
struct CalcAnswer {
    /// One member.
    enum Value {
        case text(String)
        /// Exactly as typed.
        case decimal(DecimalNumber)
        /// People are shown it to some decimals.
        case ratio(ExactRatio, places: Int = 2)
        case whole(Int64)
        case flag(Bool)
        case list([Value])
        case object([(field: CalcField, value: Value)])
        /// Not decided, or not asked.
        case none

        init(_ text: String?) { self = text.map(Value.text) ?? .none }
        init(_ number: Int64?) { self = number.map(Value.whole) ?? .none }
        init(_ number: DecimalNumber?) { self = number.map(Value.decimal) ?? .none }
        init(_ ratio: ExactRatio?) { self = ratio.map { .ratio($0) } ?? .none }
        /// Unknown is `null`.
        init(_ verdict: Verdict) {
            switch verdict {
            case .pass: self = .flag(true)
            case .fail: self = .flag(false)
            case .unknown: self = .none
            }
        }
    }

    /// Of the members; grows when one is renamed or changes its meaning, which none ever has.
    private static let schema: Int64 = 1

    private var members: [(field: CalcField, value: Value)] = []
    /// Whether all that was asked for came out.
    var isDecided = true

    mutating func add(_ field: CalcField, _ value: Value) { members.append((field, value)) }
    mutating func add(_ field: CalcField, _ value: DecimalNumber?) { add(field, Value(value)) }
    mutating func add(_ field: CalcField, _ value: ExactRatio?) { add(field, Value(value)) }
    mutating func add(_ field: CalcField, _ text: String?) { add(field, Value(text)) }

    /// Adds why something was not decided.
    mutating func add(reason: String?) {
        guard let reason else { return }
        add(.reason, .text(reason))
        isDecided = false
    }

    /// For people a line each, what is not there left out, and rows as a table; for programs one document.
    func show(on console: Console) {
        for member in members where member.value.rows == nil {
            if let text = member.value.text { console.line("\(say(member.field)): \(text)".safeForTerminal) }
        }
        for rows in members.compactMap(\.value.rows) {
            var table = Table(rows[0].map { Table.Column($0.field) })
            for row in rows { table.add(row.map { $0.value.text ?? "" }) }
            console.line()
            console.table(table, orElse: .calcNothing)
        }
        console.json(document)
    }

    /// What programs read.
    var document: [(String, JSON)] {
        [("schema", .integer(Self.schema))] + members.map { ($0.field.rawValue, $0.value.json) }
    }
}

extension CalcAnswer.Value {
    /// Things of the same members, more than a line holds; nil for anything else.
    fileprivate var rows: [[(field: CalcField, value: Self)]]? {
        guard case .list(let values) = self else { return nil }
        let rows = values.compactMap { value in if case .object(let members) = value { members } else { nil } }
        return rows.first?.count ?? 0 > 3 ? rows : nil
    }

    /// nil where there is nothing to show.
    fileprivate var text: String? {
        switch self {
        case .text(let text): text
        case .decimal(let number): String(describing: number)
        case .ratio(let ratio, let places): ratio.digits(places: places)
        case .whole(let number): String(number)
        case .flag(let flag): say(flag ? .yes : .no)
        case .list(let values): values.isEmpty ? nil : values.compactMap(\.text).joined(separator: ", ")
        case .object(let members): members.compactMap(\.value.text).joined(separator: " / ")
        case .none: nil
        }
    }

    fileprivate var json: JSON {
        switch self {
        case .text(let text): .string(text)
        case .decimal(let number): .number(String(describing: number))
        case .ratio(let ratio, _): .number(ratio.decimals)
        case .whole(let number): .integer(number)
        case .flag(let flag): .bool(flag)
        case .list(let values): .array(values.map(\.json))
        case .object(let members): .object(members.map { ($0.field.rawValue, $0.value.json) })
        case .none: .null
        }
    }
}
