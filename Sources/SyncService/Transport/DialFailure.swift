import Glibc
import NIOCore
import NIOPosix
import SyncEngine

/// Why a connection could not be made, for the log: what a person can look at, and never more than the kind of an error
/// that is not known here.
enum DialFailure {
    /// A sentence without its end.
    static func sentence(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            // An address given in digits has no name to look up, and fails for one of the two families only.
            if let first = error.connectionErrors.first { return sentence(first.error) }
            return "the name \(error.host) is not known"
        case let error as IOError: return sentence(errno: error.errnoCode) ?? "error \(error.errnoCode)"
        case ChannelError.connectTimeout: return "nobody answered in time"
        default: return "\(type(of: error))"
        }
    }

    /// Of a connection that was made and never became a session.
    static func sentence(_ refusal: Refusal) -> String {
        switch refusal {
        case .tooSlow: "who answers there says nothing that is known here"
        case .notTLS: "who answers there is no abscoped, or turns this site away"
        case .notWelcome: "another site answers there than the one that is dialled"
        case .crowded, .gone: refusal.rawValue
        }
    }

    private static func sentence(errno code: CInt) -> String? {
        switch code {
        case ECONNREFUSED: "nobody listens there"
        case EHOSTUNREACH, ENETUNREACH, ENETDOWN: "there is no way there from this machine"
        case ETIMEDOUT: "nobody answered in time"
        case ECONNRESET: "the other end closed at once"
        case EACCES, EPERM: "this machine forbids it"
        default: nil
        }
    }
}
