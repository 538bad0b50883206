import Glibc
import NIOCore
import NIOPosix
import SyncEngine

/// Why a connection could not be made, for `sync status` and the log: what a person can look at, and never more than the
/// kind of an error that is not known here.
enum DialFailure {
    /// A sentence without its end.
    static func sentence(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            guard let cause = Self.cause(of: error.connectionErrors.map(\.error)) else {
                return "the name \(error.host) is not known"
            }
            return sentence(cause)
        case let error as IOError: return sentence(errno: error.errnoCode) ?? "error \(error.errnoCode)"
        case ChannelError.connectTimeout: return "nobody answered in time"
        default: return "\(type(of: error))"
        }
    }

    /// What to say of the addresses that were tried, of one name often one of each family: most machines have a way for one
    /// family only, and what became of the other is what matters.
    static func cause(of errors: [any Error]) -> (any Error)? {
        let reached = errors.last { error in
            guard let code = (error as? IOError)?.errnoCode else { return true }
            return !hasNoWay(code)
        }
        return reached ?? errors.first
    }

    private static func hasNoWay(_ code: CInt) -> Bool { [EHOSTUNREACH, ENETUNREACH, ENETDOWN].contains(code) }

    /// Of a connection that was made and never became a session.
    static func sentence(_ refusal: Refusal) -> String {
        switch refusal {
        case .tooSlow: "who answers there says nothing that is known here"
        case .notTLS: "who answers there is no abscoped, or turns this site away"
        case .notWelcome: "another site answers there than the one that is dialled"
        case .gone: "who answers there closed at once"
        case .crowded: "too many connections were waiting here"
        }
    }

    private static func sentence(errno code: CInt) -> String? {
        switch code {
        case ECONNREFUSED: "nobody listens there"
        case _ where hasNoWay(code): "there is no way there from this machine"
        case ETIMEDOUT: "nobody answered in time"
        case ECONNRESET: "the other end closed at once"
        case EACCES, EPERM: "this machine forbids it"
        default: nil
        }
    }
}
