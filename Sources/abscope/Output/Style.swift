/// Emphasis, where the terminal has it: never in a pipe, never with NO_COLOR set (no-color.org) or TERM=dumb.
struct Style: Sendable {
    var isOn: Bool

    func bold(_ text: String) -> String { wrap(text, "1") }
    /// For what needs somebody's eye: overdue, in conflict, damaged.
    func warning(_ text: String) -> String { wrap(text, "33") }
    func error(_ text: String) -> String { wrap(text, "31") }
    func faint(_ text: String) -> String { wrap(text, "2") }

    private func wrap(_ text: String, _ code: String) -> String {
        isOn ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
