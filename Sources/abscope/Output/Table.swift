import CaseModel

/// Rows of text in columns that line up, with full-width characters too.
struct Table: Sendable {
    struct Column: Sendable {
        let head: String
        let isRightAligned: Bool

        init(_ head: Term, right: Bool = false) {
            self.head = say(head)
            isRightAligned = right
        }

        init(_ head: Report.Column) {
            self.head = say(.report(.column(head)))
            isRightAligned = true
        }

        init(_ head: CalcField) {
            self.head = say(head)
            isRightAligned = false
        }
    }

    var columns: [Column]
    private var rows: [[String]] = []

    /// Nothing is cut, however long: for what has to be read in full.
    private let isWhole: Bool

    init(_ columns: [Column], isWhole: Bool = false) {
        self.columns = columns
        self.isWhole = isWhole
    }

    /// Most columns of the terminal that a cell takes which others follow: one long name would push all rows apart.
    private static let cellColumnsMaximum = 64

    /// - Parameter cells: one for each column; made safe for a terminal here, and cut, the last one excepted, where they are
    ///   longer than anybody reads in a table.
    mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "a row has one cell for each column")
        let safe = cells.map(\.safeForTerminal)
        guard !isWhole else { return rows.append(safe) }
        rows.append(safe.dropLast().map { TextWidth.cut($0, toColumns: Self.cellColumnsMaximum) } + safe.suffix(1))
    }

    /// The head and the rows, each ending at its last character; empty when there are no rows.
    func lines(style: Style) -> [String] {
        guard !rows.isEmpty else { return [] }
        let heads = columns.map(\.head)
        var widths = heads.map(TextWidth.columns)
        for row in rows {
            for (index, cell) in row.enumerated() { widths[index] = max(widths[index], TextWidth.columns(of: cell)) }
        }
        var lines = [style.bold(line(heads, widths))]
        for row in rows { lines.append(line(row, widths)) }
        return lines
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let padding = String(repeating: " ", count: widths[index] - TextWidth.columns(of: cell))
            if index > 0 { line += "  " }
            line += columns[index].isRightAligned ? padding + cell : cell + padding
        }
        while line.last == " " { line.removeLast() }
        return line
    }
}
