/// Why the record model refuses an input: what is wrong, where, and what to do.
///
/// Only orders and ill-formed values are refused; a fact that merely breaks a rule is a ``Finding``.
package struct RecordError: Error, Hashable, Sendable {
    /// What kind of input was refused; decides the exit status of a command.
    package enum Code: Hashable, Sendable {
        /// Bytes that are no entry, or break the envelope's rules.
        case illFormedEntry
        /// Text that is no value of the type asked for: a date, a decimal, a unit, a case number.
        case illFormedValue
        /// A well-formed order that breaks a rule.
        case refusedOrder
        /// A sealed body that cannot be opened: no key, another key, or altered bytes.
        case cannotOpen
        /// A file that is not the CSV, JSON or mapping it should be.
        case illFormedFile
    }

    package var code: Code
    /// One sentence for people. It quotes what was typed, and never an identifying value.
    package var message: String
    /// What to do about it; empty where `message` says it.
    package var remedy: String
    /// The field, in the words of the registry (`course.prescriptions`), or `line 3, column 2` of a file.
    package var location: String?

    package init(_ code: Code, _ message: String, remedy: String = "", at location: String? = nil) {
        self.code = code
        self.message = message
        self.remedy = remedy
        self.location = location
    }
}

extension RecordError: CustomStringConvertible {
    package var description: String {
        (location.map { "\($0): " } ?? "") + message + (remedy.isEmpty ? "" : " " + remedy)
    }
}
