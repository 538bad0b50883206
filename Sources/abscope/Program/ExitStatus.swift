/// How a command ends, as sysexits.h numbers it, and two statuses of ours below that range.
///
/// `docs/commands.md` carries this table; a test keeps the two equal.
enum ExitStatus: Int32, CaseIterable, Sendable {
    /// Done, and nothing to look at.
    case success = 0
    /// Done, and there is something a person should look at: a conflict, an overdue fraction, a difference.
    case findings = 1
    /// Acknowledged bytes of the store are missing or different. What can be recorded and read goes on.
    case damagedStore = 3
    /// The command line is wrong (EX_USAGE).
    case usage = 64
    /// A value or a file is not what it should be (EX_DATAERR).
    case dataError = 65
    /// Something named does not exist or can not be read (EX_NOINPUT).
    case noInput = 66
    /// The daemon is needed and not running (EX_UNAVAILABLE).
    case unavailable = 69
    /// A mistake in Abscope itself (EX_SOFTWARE).
    case software = 70
    /// Something can not be created (EX_CANTCREAT).
    case cannotCreate = 73
    /// The disk failed, or is full (EX_IOERR).
    case inputOutput = 74
    /// Somebody else is at work; trying again helps (EX_TEMPFAIL).
    case temporary = 75
    /// The other program does not keep to the protocol (EX_PROTOCOL).
    case protocolError = 76
    /// This account, or this site, may not (EX_NOPERM).
    case noPermission = 77
    /// The store or the settings need attention first: a newer format, no operator (EX_CONFIG).
    case configuration = 78
    /// Stopped by Ctrl-C (128 + SIGINT).
    case interrupted = 130
    /// Nobody reads the output any more (128 + SIGPIPE).
    case brokenPipe = 141

    /// The name that stands for the status in JSON.
    var name: String {
        switch self {
        case .success: "success"
        case .findings: "findings"
        case .damagedStore: "damaged-store"
        case .usage: "usage"
        case .dataError: "data"
        case .noInput: "no-input"
        case .unavailable: "unavailable"
        case .software: "software"
        case .cannotCreate: "cannot-create"
        case .inputOutput: "input-output"
        case .temporary: "temporary"
        case .protocolError: "protocol"
        case .noPermission: "no-permission"
        case .configuration: "configuration"
        case .interrupted: "interrupted"
        case .brokenPipe: "broken-pipe"
        }
    }
}
