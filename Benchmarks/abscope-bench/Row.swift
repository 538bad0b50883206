import Foundation

/// One line of the table: ours beside a peer, measured in the same run.
struct Row: Codable {
    /// The measure and its variant, for example `append.single/200B`.
    var id: String
    /// Ours, in ``unit``.
    var ours: Double
    /// The peer's, in ``unit``; absent where there is no peer.
    var peer: Double?
    var peerName: String?
    /// Above 1: ours is better, whichever direction the unit has.
    var ratio: Double?
    /// The floor the ratio has to reach; absent while there is none.
    var must: Double?
    var unit: String

    /// A rate: more is better.
    static func rate(_ id: String, ours: Double, peer: Double?, _ peerName: String?, unit: String) -> Row {
        Row(id: id, ours: ours, peer: peer, peerName: peerName, ratio: peer.map { ours / $0 }, must: nil, unit: unit)
    }

    /// A cost: less is better.
    static func cost(_ id: String, ours: Double, peer: Double?, _ peerName: String?, unit: String) -> Row {
        Row(id: id, ours: ours, peer: peer, peerName: peerName, ratio: peer.map { $0 / ours }, must: nil, unit: unit)
    }
}

/// Prints rows as a table and writes them as JSON.
struct Report {
    private(set) var rows: [Row] = []

    mutating func add(_ row: Row) {
        if rows.isEmpty { print(Self.line("measure", "ours", "peer", "ratio", "peer's name")) }
        rows.append(row)
        print(
            Self.line(
                row.id, Self.number(row.ours) + " " + row.unit, row.peer.map(Self.number) ?? "-",
                row.ratio.map { String(format: "%.2f", $0) } ?? "-", row.peerName ?? ""))
    }

    /// Writes `<directory>/<name>.json`: the rows, the machine, and when.
    func write(to directory: String, name: String) throws {
        struct Document: Codable {
            var machine: String
            var measured: String
            var rows: [Row]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let document = Document(machine: Self.machine(), measured: Date().formatted(.iso8601), rows: rows)
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try encoder.encode(document).write(to: URL(fileURLWithPath: "\(directory)/\(name).json"))
    }

    private static func machine() -> String {
        let processor =
            (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n")
            .first { $0.hasPrefix("model name") }?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
        return "\(ProcessInfo.processInfo.activeProcessorCount) x \(processor ?? "unknown processor")"
    }

    private static func number(_ value: Double) -> String {
        String(format: value >= 1000 ? "%.0f" : value >= 10 ? "%.1f" : "%.3f", value)
    }

    private static func line(_ id: String, _ ours: String, _ peer: String, _ ratio: String, _ name: String) -> String {
        func pad(_ text: String, _ width: Int) -> String {
            text.count >= width ? text : text + String(repeating: " ", count: width - text.count)
        }
        return pad(id, 26) + pad(ours, 20) + pad(peer, 12) + pad(ratio, 8) + name
    }
}
