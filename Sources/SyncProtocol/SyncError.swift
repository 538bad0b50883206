package import LogFormat

/// Why something a peer sent or a person pasted is refused.
package struct SyncError: Error, Hashable, Sendable {
    /// What kind of mistake it is.
    package enum Code: Hashable, Sendable {
        /// The bytes or the text are not what they should be.
        case illFormed
        /// A length or a number is beyond its limit.
        case tooLarge
        /// A frame of a critical type this program does not know.
        case unknownCriticalFrame
        /// A signature does not hold, or a key is none.
        case signature
        /// Made for another site or another registry.
        case notForUs
        /// The roster does not allow it: an alias taken, a revoked key, an unknown site.
        case notAllowed
    }

    package var code: Code
    /// A sentence that says what to do where something can be done. Never clinical content.
    package var message: String
    /// What the format module found.
    package var cause: FormatError?

    package init(_ code: Code, _ message: String, cause: FormatError? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}

extension SyncError: CustomStringConvertible {
    package var description: String { cause.map { "\(message) (\($0))" } ?? message }
}
