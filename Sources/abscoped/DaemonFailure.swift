import CaseStore
import StoreIO
import SyncProtocol
import SyncService

/// Why the daemon did not start or stopped: one sentence for people, and the status it ends with (sysexits.h).
struct DaemonFailure: Error, Hashable, CustomStringConvertible {
    /// How the daemon ends; `docs/daemon.md` carries this table.
    enum Status: Int32, CaseIterable, Sendable {
        case success = 0
        /// Acknowledged bytes of the store are missing or different.
        case damagedStore = 3
        /// The command line is wrong (EX_USAGE).
        case usage = 64
        /// There is no such store, or no such file (EX_NOINPUT).
        case noInput = 66
        /// An address to listen on can not be had (EX_UNAVAILABLE).
        case unavailable = 69
        /// A mistake in Abscope itself (EX_SOFTWARE).
        case software = 70
        /// The disk failed, or is full (EX_IOERR).
        case inputOutput = 74
        /// Another daemon is at work, or the store is being upgraded (EX_TEMPFAIL).
        case temporary = 75
        /// The store belongs to another account (EX_NOPERM).
        case noPermission = 77
        /// A setting is wrong, or the site belongs to no registry yet (EX_CONFIG).
        case configuration = 78
    }

    var status: Status
    var description: String

    init(_ status: Status, _ description: String) {
        self.status = status
        self.description = description
    }

    /// Any error. What nobody foresaw is named by its type only, for its text may hold anything.
    init(describing error: any Error) {
        switch error {
        case let failure as DaemonFailure: self = failure
        case let error as ListenFailure: self.init(.unavailable, error.description)
        case let error as StorageError:
            self.init(Status(error.code), error.message + (error.location.map { " [\($0.path)]" } ?? ""))
        // What the store holds of the registry or of persons is not what it should be.
        case let error as SyncError: self.init(.damagedStore, error.message)
        case let error as CaseStoreError: self.init(Status(error.code), error.message)
        default: self.init(.software, "The daemon met an error nobody foresaw: \(type(of: error)).")
        }
    }
}

extension DaemonFailure.Status {
    init(_ code: StorageError.Code) {
        switch code {
        case .corrupted: self = .damagedStore
        case .locked, .moved, .exhausted: self = .temporary
        case .poisoned, .noSpace, .inputOutput, .readOnly: self = .inputOutput
        case .notFound, .notAStore: self = .noInput
        case .wrongOwner, .unsafePermissions, .permissionDenied: self = .noPermission
        case .unsupportedFormat, .invalidArgument: self = .configuration
        default: self = .software
        }
    }

    init(_ code: CaseStoreError.Code) {
        switch code {
        case .view, .keys: self = .inputOutput
        case .keyNotHere: self = .noInput
        case .invalid: self = .damagedStore
        }
    }
}
