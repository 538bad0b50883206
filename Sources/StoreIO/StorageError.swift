/// Something the log could not do, with what to do about it.
///
/// Equality looks at ``code`` only, so that tests name a kind of failure and not its wording.
package struct StorageError: Error, Sendable {
    /// What kind of failure this is; decides the exit status of a command.
    package var code: Code
    /// One sentence for people: what is wrong and what to do.
    package var message: String
    /// Where in the store it happened, when there is a place.
    package var location: Location?
    /// The failure underneath, when there is one.
    package var cause: (any Error)?

    package init(_ code: Code, _ message: String, at location: Location? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.location = location
        self.cause = cause
    }

    /// A place in a store: a file, and where known the byte offset and the positions concerned.
    package struct Location: Sendable, Hashable {
        package var path: String
        package var offsetBytes: UInt64?
        package var positions: ClosedRange<UInt64>?

        package init(path: String, offsetBytes: UInt64? = nil, positions: ClosedRange<UInt64>? = nil) {
            self.path = path
            self.offsetBytes = offsetBytes
            self.positions = positions
        }
    }

    /// Kinds of failure. A struct around a private enumeration, so that kinds can be added.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String, Sendable {
            case corrupted, moved, poisoned, noSpace, readOnly, inputOutput, notFound, alreadyExists, locked
            case notAStore, unsupportedFormat, wrongOwner, unsafePermissions, invalidArgument, tooLarge, halted
            case permissionDenied, exhausted
        }
        private var kind: Kind
        private init(_ kind: Kind) { self.kind = kind }
        package var description: String { kind.rawValue }

        /// Bytes that were acknowledged are missing or different.
        package static let corrupted = Code(.corrupted)
        /// The heads an append expected are no longer the heads: catch up, validate again, retry.
        package static let moved = Code(.moved)
        /// An earlier input/output error closed this store for writing.
        package static let poisoned = Code(.poisoned)
        /// The disk is full; nothing was written.
        package static let noSpace = Code(.noSpace)
        /// The file system or the store is read-only.
        package static let readOnly = Code(.readOnly)
        /// The operating system reported an input/output error.
        package static let inputOutput = Code(.inputOutput)
        /// No such file, feed or position.
        package static let notFound = Code(.notFound)
        /// There is already something of that name.
        package static let alreadyExists = Code(.alreadyExists)
        /// Another process holds the lock.
        package static let locked = Code(.locked)
        /// The folder is not an Abscope store.
        package static let notAStore = Code(.notAStore)
        /// The store or a file in it is of a format this program does not know.
        package static let unsupportedFormat = Code(.unsupportedFormat)
        /// The store belongs to another account.
        package static let wrongOwner = Code(.wrongOwner)
        /// A secret file can be read by others.
        package static let unsafePermissions = Code(.unsafePermissions)
        /// The caller passed something that can not be.
        package static let invalidArgument = Code(.invalidArgument)
        /// An entry, a block or a batch is beyond its limit.
        package static let tooLarge = Code(.tooLarge)
        /// The account may not do that; the files belong to another or forbid it.
        package static let permissionDenied = Code(.permissionDenied)
        /// The process or the machine is out of file handles, locks or memory; trying again later may help.
        package static let exhausted = Code(.exhausted)
        /// The process is gone. Only the simulated file system reports this.
        package static let halted = Code(.halted)
    }
}

extension StorageError: Equatable {
    package static func == (left: StorageError, right: StorageError) -> Bool { left.code == right.code }
}

extension StorageError: CustomStringConvertible {
    package var description: String {
        var text = message
        if let location {
            text += " [\(location.path)"
            if let offset = location.offsetBytes { text += " at byte \(offset)" }
            if let positions = location.positions {
                text += ", positions \(positions.lowerBound) to \(positions.upperBound)"
            }
            text += "]"
        }
        if let cause { text += " (\(cause))" }
        return text
    }
}
