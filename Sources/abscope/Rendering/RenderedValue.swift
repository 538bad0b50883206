/// One value of one field, for people and for programs.
struct RenderedValue: Sendable {
    var text: String
    var json: JSON

    init(_ text: String, _ json: JSON) {
        self.text = text
        self.json = json
    }

    init(_ text: String) {
        self.init(text, .string(text))
    }

    init(_ number: UInt32) {
        self.init(String(number), .integer(Int64(number)))
    }

    /// What can not be read here, for its key is not.
    static let sealed = RenderedValue(say(.sealedValue), .object([("sealed", .bool(true))]))

    /// What this version can not read.
    static let unreadable = RenderedValue(say(.unreadableValue), .object([("unreadable", .bool(true))]))
}
