import CaseModel

/// What the record store could not do, with what to do about it.
package struct CaseStoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure this is; decides the exit status of a command.
    package enum Code: Hashable, Sendable {
        /// The read model can not be read or written. Nothing recorded is concerned.
        case view
        /// The keys of persons can not be opened, read or written.
        case keys
        /// A person's key is needed and is not here.
        case keyNotHere
        /// The log and what is known of it contradict each other.
        case invalid
    }

    package var code: Code
    /// One sentence for people. Never an identifying value.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}

/// Not the one of the database library.
typealias RecordError = CaseModel.RecordError

/// The read model holds what it never should: it is built anew, and nobody outside hears of it.
struct DamagedView: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
