import CaseModel
import SwiftProtobuf

/// What people type, and files they bring.
enum TypedFuzz {
    /// A mapping that has one of everything.
    static let mapping = """
        {"format":"abscope import mapping 0","name":"small","key":"id","absent":[""],
         "ignored":{"left":"not ours"},
         "records":[
          {"name":"case","kind":"case","fields":[
            {"path":"age.age","column":"age","as":"quantity","unit":"a"}]},
          {"name":"event","kind":"event","case":"case","when":"grade","fields":[
            {"path":"adverse_event.term","constant":{"text":"rash"}},
            {"path":"adverse_event.grade","column":"grade","as":"integer"},
            {"path":"period.start","column":"seen","as":"date"}]}]}
        """

    /// The mapping comes first and ends at a zero byte where the mode says so; else it is the one above.
    static func csv(_ bytes: [UInt8], _ mode: Mode) throws(Violation) {
        var file = bytes[...]
        var text = Array(mapping.utf8)
        if mode.contains(.checksums), let end = bytes.firstIndex(of: 0) {
            text = Array(bytes[..<end])
            file = bytes[(end + 1)...]
        }
        do {
            let table = try CSVTable(parsing: Array(file))
            let mapping = try ImportMapping(parsing: text)
            let plan = try mapping.plan(for: table)
            try hold(plan.rows.count <= table.rows.count, "more rows are planned than there are")
            for row in plan.rows {
                for change in row.changes { _ = try Google_Protobuf_Empty(encodedBytes: change.draft.body) }
            }
            for row in table.rows {
                try hold(row.fields.count == table.header.count, "a row is wider or narrower than the header")
            }
        } catch let error as Violation {
            throw error
        } catch {
            return
        }
    }

    /// A value that is read, shown and read again is the same; so is one that is stored.
    static func values(_ bytes: [UInt8], _ mode: Mode) throws(Violation) {
        let text = String(decoding: bytes.prefix(256), as: UTF8.self)
        _ = TypedText.folded(text)
        if mode.contains(.checksums) { _ = CaseNumber.oneSlip(from: text) }
        try again(text, as: DecimalNumber.self) { $0 == $1 }
        try again(text, as: TypedMeasure.self) { $0 == $1 }
        try again(text, as: TypedDose.self) { $0 == $1 }
        try again(text, as: TypedAge.self) { $0 == $1 }
        try again(text, as: CaseNumber.self) { $0 == $1 }
        try again(text, as: TypedDate.self) { $0 == $1 }
        try stored(text)
        do {
            let value = try JSONValue(parsing: bytes)
            let canonical = value.canonical
            try hold(
                try JSONValue(parsing: Array(canonical.utf8)).canonical == canonical,
                "JSON changes when it is written again"
            )
        } catch let error as Violation {
            throw error
        } catch {
            return
        }
    }

    private static func again<Value: Typed>(
        _ text: String,
        as type: Value.Type,
        _ isSame: (Value, Value) -> Bool
    ) throws(Violation) {
        let value: Value
        do {
            value = try Value(parsing: text)
        } catch {
            return
        }
        do {
            let second = try Value(parsing: value.description)
            try hold(isSame(value, second), "\"\(text)\" is shown as \"\(value)\", which is read as \"\(second)\"")
        } catch let error as Violation {
            throw error
        } catch {
            throw Violation("\"\(text)\" is shown as \"\(value)\", which can not be read: \(error)")
        }
    }

    private static func stored(_ text: String) throws(Violation) {
        do {
            let measure = try Measure(parsing: text)
            try hold(try Measure(measure.schema) == measure, "\"\(text)\" is stored as another measure")
        } catch let error as Violation {
            throw error
        } catch {
            // No measure; a date is looked at all the same.
        }
        do {
            let date = try PartialDate(parsing: text, today: nil)
            try hold(try PartialDate(date.schema) == date, "\"\(text)\" is stored as another date")
        } catch let error as Violation {
            throw error
        } catch {
            return
        }
    }
}

/// A value that somebody types and that is shown again.
private protocol Typed: CustomStringConvertible {
    init(parsing text: String) throws(RecordError)
}

extension DecimalNumber: Typed {}
extension CaseNumber: Typed {}

/// A measure, without the words it was typed in.
private struct TypedMeasure: Typed, Equatable {
    let measure: Measure
    var description: String { measure.description }

    init(parsing text: String) throws(RecordError) { self.init(try Measure(parsing: text)) }

    init(_ measure: Measure) { self.measure = Measure(measure.value, measure.unit, comparator: measure.comparator) }
}

/// A dose.
private struct TypedDose: Typed, Equatable {
    let measure: TypedMeasure
    var description: String { measure.description }

    init(parsing text: String) throws(RecordError) { measure = TypedMeasure(try Measure(parsingDose: text)) }
}

/// An age.
private struct TypedAge: Typed, Equatable {
    let measure: TypedMeasure
    var description: String { measure.description }

    init(parsing text: String) throws(RecordError) { measure = TypedMeasure(try Measure(parsingAge: text)) }
}

/// A date, without the words it was typed in.
private struct TypedDate: Typed, Equatable {
    let date: PartialDate
    var description: String { date.description }

    init(parsing text: String) throws(RecordError) { date = try PartialDate(parsing: text, today: nil) }

    static func == (left: TypedDate, right: TypedDate) -> Bool {
        left.date.form == right.date.form && left.date.qualifier == right.date.qualifier
            && left.date.minuteOfDay == right.date.minuteOfDay
    }
}
