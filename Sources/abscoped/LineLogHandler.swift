import Glibc
import Logging
import StoreIO
import SyncService

/// Writes each log event as one line on standard error: words and `key=value`, or one JSON object.
///
/// Whatever a value holds, an event is exactly one line: control characters are escaped.
struct LineLogHandler: LogHandler {
    var logLevel = Logger.Level.notice
    var metadata: Logger.Metadata = [:]
    private let format: DaemonConfiguration.LogFormat

    init(_ format: DaemonConfiguration.LogFormat) { self.format = format }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
            .map { ($0.key, "\($0.value)") }
        let line = Self.line(
            format,
            at: Self.stamp(SystemClock().millisecondsSinceEpoch() / 1000),
            event.level,
            "\(event.message)",
            fields
        )
        Self.write(Array(line.utf8))
    }

    static func line(
        _ format: DaemonConfiguration.LogFormat,
        at stamp: String,
        _ level: Logger.Level,
        _ message: String,
        _ fields: [(String, String)]
    ) -> String {
        switch format {
        case .text:
            let values = fields.map { " \($0.0)=\(isPlain($0.1) ? $0.1 : quoted($0.1))" }.joined()
            return "\(stamp) \(level.rawValue) \(String(quoted(message).dropFirst().dropLast()))\(values)\n"
        case .json:
            let all = [("time", stamp), ("level", level.rawValue), ("message", message)] + fields
            return "{" + all.map { "\(quoted($0.0)):\(quoted($0.1))" }.joined(separator: ",") + "}\n"
        }
    }

    private static func isPlain(_ text: String) -> Bool {
        !text.isEmpty
            && text.unicodeScalars.allSatisfy {
                $0.value > 0x20 && $0.value != 0x7f && $0 != "\"" && $0 != "=" && $0 != "\\"
            }
    }

    /// As a JSON string.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            default: result += printable(scalar)
            }
        }
        return result + "\""
    }

    /// The same text in the same lines, with nothing in it that a terminal would obey.
    static func printable(_ text: String) -> String {
        text.unicodeScalars.map { $0 == "\n" ? "\n" : printable($0) }.joined()
    }

    private static func printable(_ scalar: Unicode.Scalar) -> String {
        switch scalar.value {
        case 0..<0x20, 0x7f...0x9f, 0x2028, 0x2029:
            let digits = String(scalar.value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: return String(scalar)
        }
    }

    /// UTC, from seconds since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
    static func stamp(_ seconds: Int64) -> String {
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let days = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
        let second = seconds - days * 86_400
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let day = shifted - era * 146_097
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365
        let dayOfYear = day - (365 * year + year / 4 - year / 100)
        let month = (5 * dayOfYear + 2) / 153
        let date = (
            year: year + era * 400 + (month >= 10 ? 1 : 0), month: month < 10 ? month + 3 : month - 9,
            day: dayOfYear - (153 * month + 2) / 5 + 1
        )
        return "\(date.year)-\(two(date.month))-\(two(date.day))"
            + "T\(two(second / 3_600)):\(two(second / 60 % 60)):\(two(second % 60))Z"
    }

    /// One call for a line, so that lines of several threads do not mix. A reader that has gone costs the line: the
    /// daemon works on without its log.
    static func write(_ bytes: [UInt8]) {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes[done...].withUnsafeBytes { unsafe Glibc.write(2, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            done += count
        }
    }
}
