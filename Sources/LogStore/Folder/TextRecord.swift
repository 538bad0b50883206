import LogFormat
import StoreIO

/// A small text file of `name value` lines under a title, closed by a checksum line. People can read it, and a program
/// notices when a byte changed.
///
/// Values hold no line break. A name may occur several times; order is kept.
struct TextRecord: Hashable, Sendable {
    /// The first line: what the file is, and the version of its lines.
    var title: String
    private(set) var lines: [Line]

    struct Line: Hashable, Sendable {
        var name: String
        var value: String
    }

    /// Larger files are not such records.
    static let limitBytes = 64 * 1024

    init(title: String) {
        self.title = title
        lines = []
    }

    /// - Throws: `.corrupted` when the text is not whole; `.unsupportedFormat` when its title is another.
    init(_ bytes: [UInt8], title: String, path: String) throws(StorageError) {
        let location = StorageError.Location(path: path)
        let text = String(decoding: bytes, as: UTF8.self)
        var parts = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts.removeLast().isEmpty, let last = parts.popLast(), last.hasPrefix("checksum ")
        else {
            throw StorageError(.corrupted, "The file is cut short: restore it from a backup.", at: location)
        }
        let body = parts.map { $0 + "\n" }.joined()
        guard last == "checksum \(Self.checksum(of: body))" else {
            throw StorageError(
                .corrupted,
                "The file does not match its checksum: restore it from a backup.",
                at: location
            )
        }
        guard parts.first.map(String.init) == title else {
            throw StorageError(
                .unsupportedFormat,
                "This program reads '\(title)' and the file begins '\(parts.first ?? "")': use the version that wrote it.",
                at: location
            )
        }
        self.title = title
        lines = parts.dropFirst().map { line in
            let pair = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            return Line(name: String(pair[0]), value: pair.count > 1 ? String(pair[1]) : "")
        }
    }

    mutating func add(_ name: String, _ value: String) {
        precondition(!Self.isBroken(value), "a value is one line")
        lines.append(Line(name: name, value: value))
    }

    /// Whether a value has a line break, which a record can not hold.
    static func isBroken(_ value: String) -> Bool { value.utf8.contains(UInt8(ascii: "\n")) }

    func values(_ name: String) -> [String] { lines.filter { $0.name == name }.map(\.value) }

    subscript(name: String) -> String? { values(name).first }

    var encoded: [UInt8] {
        let body = title + "\n" + lines.map { "\($0.name) \($0.value)\n" }.joined()
        return Array((body + "checksum \(Self.checksum(of: body))\n").utf8)
    }

    private static func checksum(of body: String) -> String {
        let digits = String(Checksum.of(Array(body.utf8)), radix: 16)
        return String(repeating: "0", count: 8 - digits.utf8.count) + digits
    }
}
