/// A CSV file as RFC 4180 writes it, read strictly: UTF-8, quotes only around whole fields, every row as wide as the
/// header.
package struct CSVTable: Sendable {
    package struct Field: Hashable, Sendable {
        package var text: String
        package var position: TextPosition
    }

    package struct Row: Hashable, Sendable {
        /// The line it starts on.
        package var line: Int
        package var fields: [Field]
    }

    /// What is wrong at a place of the file.
    package struct Refusal: Error, Hashable, Sendable {
        package var position: TextPosition
        /// Never quotes what stands in a row: nobody knows yet what of it identifies a person.
        package var error: RecordError
    }

    package var header: [Field]
    /// Rows as wide as the header, in the order of the file.
    package var rows: [Row]
    /// Rows that are wider or narrower, and quoting that is wrong, in the order of the file.
    package var refusals: [Refusal]
    package var errors: [RecordError] { refusals.map(\.error) }

    /// Reads a file.
    ///
    /// An error inside a row is listed in ``refusals`` and the row left out; reading goes on at the next line.
    ///
    /// - Throws: `.illFormedFile` where nothing can be read: invalid UTF-8 (line and byte), no header, a
    ///   name twice.
    /// - Complexity: O(bytes).
    package init(parsing bytes: [UInt8]) throws(RecordError) {
        try UTF8Position.refuseInvalid(in: bytes)
        var reader = CSVReader(bytes: bytes)
        var refusals: [Refusal] = []
        var rows: [Row] = []
        while let next = reader.nextRow() {
            switch next {
            case .success(let row): rows.append(row)
            case .failure(let refusal):
                guard !rows.isEmpty else { throw refusal.error }
                refusals.append(refusal)
            }
        }
        guard let first = rows.first else {
            throw RecordError(.illFormedFile, "The file is empty.", remedy: "It needs a line of column names.")
        }
        var seen: [String: Int] = [:]
        for (index, name) in first.fields.enumerated() {
            guard let earlier = seen.updateValue(index, forKey: name.text) else { continue }
            // Not by its name: where the line of names is missing, this is the line of a patient.
            throw RecordError(
                .illFormedFile,
                "Column \(index + 1) has the name of column \(earlier + 1).",
                remedy: "The first line names the columns, each once.",
                at: name.position.description
            )
        }
        header = first.fields
        self.rows = []
        for row in rows.dropFirst() {
            if row.fields.count == header.count {
                self.rows.append(row)
            } else {
                refusals.append(Self.wrongWidth(row, expected: header.count))
            }
        }
        self.refusals = refusals.sorted { $0.position < $1.position }
    }

    private static func wrongWidth(_ row: Row, expected: Int) -> Refusal {
        let place =
            row.fields.count > expected
            ? row.fields[expected].position : row.fields.last?.position ?? TextPosition(line: row.line, column: 1)
        return Refusal(
            "The row has \(row.fields.count) fields, the header \(expected).",
            remedy: "Put a field that holds a comma or a line break in quotes.",
            at: place
        )
    }
}

extension CSVTable.Refusal {
    init(_ message: String, remedy: String = "", at position: TextPosition) {
        self.init(
            position: position,
            error: RecordError(.illFormedFile, message, remedy: remedy, at: position.description)
        )
    }
}

/// Splits bytes that are known to be UTF-8.
private struct CSVReader {
    let bytes: [UInt8]
    private var index = 0
    private var line = 1
    private var column = 1

    init(bytes: [UInt8]) {
        self.bytes = bytes
        // A byte order mark is no part of the first name.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
    }

    /// nil at the end of the file.
    mutating func nextRow() -> Result<CSVTable.Row, CSVTable.Refusal>? {
        guard index < bytes.count else { return nil }
        var row = CSVTable.Row(line: line, fields: [])
        do throws(CSVTable.Refusal) {
            repeat { row.fields.append(try field()) } while takeComma()
            try endOfLine()
            return .success(row)
        } catch {
            while index < bytes.count, bytes[index] != 0x0A { advance() }
            if index < bytes.count { advance() }
            return .failure(error)
        }
    }

    private mutating func field() throws(CSVTable.Refusal) -> CSVTable.Field {
        let start = TextPosition(line: line, column: column)
        guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
            let from = index
            while index < bytes.count, !isEnd(bytes[index]), bytes[index] != UInt8(ascii: ",") {
                guard bytes[index] != UInt8(ascii: "\"") else {
                    throw refused("A quote inside a field that does not begin with one.")
                }
                advance()
            }
            return CSVTable.Field(text: String(decoding: bytes[from..<index], as: UTF8.self), position: start)
        }
        advance()
        var text: [UInt8] = []
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\"") {
                advance()
                guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
                    return CSVTable.Field(text: String(decoding: text, as: UTF8.self), position: start)
                }
            }
            text.append(bytes[index])
            advance()
        }
        throw CSVTable.Refusal("The quote that begins here is never closed.", at: start)
    }

    private mutating func takeComma() -> Bool {
        guard index < bytes.count, bytes[index] == UInt8(ascii: ",") else { return false }
        advance()
        return true
    }

    private mutating func endOfLine() throws(CSVTable.Refusal) {
        if index == bytes.count { return }
        guard isEnd(bytes[index]) else { throw refused("After the closing quote there is more text.") }
        if bytes[index] == 0x0D {
            advance()
            guard index < bytes.count, bytes[index] == 0x0A else { throw refused("A carriage return by itself.") }
        }
        advance()
    }

    private func isEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    private mutating func advance() {
        if bytes[index] == 0x0A {
            line += 1
            column = 1
        } else if bytes[index] & 0xC0 != 0x80 {
            column += 1
        }
        index += 1
    }

    private func refused(_ message: String) -> CSVTable.Refusal {
        CSVTable.Refusal(
            message,
            remedy: "Put the whole field in quotes, and double the quotes inside.",
            at: TextPosition(line: line, column: column)
        )
    }
}
