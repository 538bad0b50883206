/// How the columns of a CSV file become records: data, so that a new file needs no new program. See docs/import.md.
package struct ImportMapping: Sendable {
    /// Where one field of a record comes from.
    package struct FieldSource: Sendable {
        /// Names of the schema from the body down: `diagnosis`, `date`.
        package var path: [String]
        package var value: ValueSource
    }

    package enum ValueSource: Sendable {
        /// The same in every row, in the JSON form of the schema.
        case constant(JSONValue)
        case column(String, ColumnForm)
    }

    /// How the text of a column is read.
    package enum ColumnForm: Sendable {
        /// Any text, as written.
        case string, text, coded
        /// Whole number.
        case integer
        /// A measured value with the unit implied.
        case quantity(MeasureUnit?)
        /// A measured value where the text is one, else the text as written.
        case result(MeasureUnit?)
        /// A date, year first.
        case date
        /// A day number counted from an origin nobody declared.
        case relativeDay
        /// Texts that stand for something else; another text is an error.
        case map([String: JSONValue])
    }

    /// One record a row may make.
    package struct RecordTemplate: Sendable {
        package var name: String
        package var kind: RecordKind
        /// Name of the template whose record is the case; nil for what belongs to no case.
        package var caseTemplate: String?
        /// Field numbers to template names.
        package var links: [UInt32: String]
        package var fields: [FieldSource]
        /// The record is made only when this column has a value; nil: in every row.
        package var when: String?
        /// ... and none of these texts.
        package var unless: Set<String>
        /// ... or, where this is not empty, one of these.
        package var only: Set<String>
    }

    /// A sum the file claims: `later` - `earlier` = `days` in every row that has all three.
    package struct DayCheck: Sendable {
        package var later: String
        package var earlier: String
        package var days: String
    }

    package var name: String
    /// The column that names a row; each text once.
    package var key: String
    /// The name of the origin day numbers are counted from.
    package var relativeOrigin: String
    /// Texts that mean there is no value.
    package var absent: Set<String>
    /// Columns that are left out, with the reason.
    package var ignored: [String: String]
    package var records: [RecordTemplate]
    package var checks: [DayCheck]

    /// Columns the mapping reads.
    package var mappedColumns: Set<String> {
        var columns: Set<String> = [key]
        for record in records {
            if let when = record.when { columns.insert(when) }
            for field in record.fields {
                if case .column(let column, _) = field.value { columns.insert(column) }
            }
        }
        for check in checks { columns.formUnion([check.later, check.earlier, check.days]) }
        return columns
    }
}
