import Foundation

/// Prints rows as a table and writes them as JSON.
struct Report {
    private(set) var rows: [Row] = []

    mutating func add(_ rows: [Row]) { for row in rows { add(row) } }

    mutating func add(_ row: Row) {
        if rows.isEmpty {
            print(Self.line(["measure", "of", "ours", "peer", "ratio", "must", "aim", "", "peer's name"]))
        }
        rows.append(row)
        let verdict = row.passes.map { $0 ? (row.reachesAim == true ? "aim" : "pass") : "FAIL" } ?? ""
        print(
            Self.line([
                row.id, row.variant, Self.number(row.ours) + " " + row.unit, row.peer.map(Self.number) ?? "-",
                row.ratio.map { String(format: "%.2f", $0) } ?? "-", row.must?.text ?? "", row.aim?.text ?? "", verdict,
                row.peerName ?? "",
            ])
        )
        fflush(nil)
    }

    /// The measures that miss what they have to reach.
    var missed: [String] {
        var missed: [String] = []
        for (id, rows) in Dictionary(grouping: rows, by: { "\($0.id) \($0.variant)" }).sorted(by: { $0.key < $1.key }) {
            let alternatives = rows.filter(\.isAlternative)
            let isMissed =
                rows.contains { !$0.isAlternative && $0.passes == false }
                || (!alternatives.isEmpty && alternatives.allSatisfy { $0.passes == false })
            if isMissed { missed.append(id) }
        }
        return missed
    }

    /// Writes `<directory>/<name>.json`: the rows, the machine, and when.
    func write(to directory: String, name: String) throws {
        struct Document: Encodable {
            var machine: String
            var measured: String
            var rows: [Row]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let document = Document(machine: try Self.machine(), measured: Date().formatted(.iso8601), rows: rows)
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try encoder.encode(document).write(to: URL(fileURLWithPath: "\(directory)/\(name).json"))
    }

    /// Processors, kernel, memory.
    private static func machine() throws -> String {
        let lines = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8).split(separator: "\n")
        let model = lines.first { $0.hasPrefix("model name") }?.split(separator: ":").last
        let kernel = try String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)
        let processors = ProcessInfo.processInfo.activeProcessorCount
        let memory = ProcessInfo.processInfo.physicalMemory >> 30
        return
            "\(processors) x \(model?.trimmingCharacters(in: .whitespaces) ?? "unknown processor"), \(memory) GiB, Linux "
            + kernel.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func number(_ value: Double) -> String {
        String(format: value >= 1000 ? "%.0f" : value >= 10 ? "%.1f" : "%.3f", value)
    }

    private static func line(_ cells: [String]) -> String {
        let widths = [16, 18, 18, 10, 6, 8, 8, 5, 0]
        return zip(cells, widths).map { cell, width in
            cell + String(repeating: " ", count: max(1, width - cell.count))
        }.joined()
    }
}
