import ArgumentParser
import CaseModel
import CaseStore
import LogFormat
import StoreIO
import SyncProtocol

extension Failure {
    /// Any error as one sentence with its status. An error nobody foresaw is a mistake of ours and says so; what it
    /// carries is not printed, for it may be clinical.
    init(describing error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as StorageError: self.init(error)
        case let error as RecordError: self.init(error)
        case let error as CaseStoreError: self.init(error)
        case let error as SyncError: self.init(error)
        case let error as FormatError: self.init(.dataError, String(describing: error))
        default: self.init(.software, .unforeseen(String(describing: type(of: error))))
        }
    }

    init(_ error: StorageError) {
        self.init(ExitStatus(error.code), error.message, at: error.location.map(Self.place))
    }

    init(_ error: RecordError) {
        self.init(
            error.code == .cannotOpen ? .noPermission : .dataError,
            error.message,
            remedy: error.remedy,
            at: error.location
        )
    }

    init(_ error: CaseStoreError) {
        let status: ExitStatus =
            switch error.code {
            case .view, .keys: .inputOutput
            case .keyNotHere: .noPermission
            case .invalid: .software
            }
        self.init(status, error.message)
    }

    init(_ error: SyncError) {
        let status: ExitStatus =
            switch error.code {
            case .notAllowed, .notForUs, .signature: .noPermission
            case .illFormed, .tooLarge, .unknownCriticalFrame: .dataError
            }
        self.init(status, String(describing: error))
    }

    private static func place(_ location: StorageError.Location) -> String {
        var text = location.path
        if let offset = location.offsetBytes { text += ", " + say(.byteOffset(offset)) }
        if let positions = location.positions {
            text += ", " + say(.positions(from: positions.lowerBound, to: positions.upperBound))
        }
        return text
    }
}

extension ExitStatus {
    init(_ code: StorageError.Code) {
        switch code {
        case .corrupted: self = .damagedStore
        case .moved, .locked, .exhausted: self = .temporary
        case .poisoned, .noSpace, .inputOutput: self = .inputOutput
        case .readOnly, .alreadyExists: self = .cannotCreate
        case .notFound, .notAStore: self = .noInput
        case .unsupportedFormat: self = .configuration
        case .wrongOwner, .unsafePermissions, .permissionDenied: self = .noPermission
        case .invalidArgument, .tooLarge: self = .dataError
        default: self = .software
        }
    }
}
