import Glibc

/// A moment at which the process kills itself, by the count of file-system calls: `fdatasync:segment:3:after`.
struct KillPoint: Sendable, CustomStringConvertible {
    enum Moment: String, Sendable {
        case before
        /// After half of the bytes; only of a `pwrite`.
        case middle
        case after
    }

    /// `pwrite`, `rename` and so on; `*` for any that changes something.
    var call: String
    /// What it is done to: `segment`, `heads` and so on; `*` for anything.
    var target: String
    /// Which of the calls that fit, from 1.
    var number: Int
    var moment: Moment

    init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, let number = Int(parts[2]), number > 0, let moment = Moment(rawValue: parts[3]),
            moment != .middle || parts[0] == "pwrite" || parts[0] == "*"
        else { return nil }
        (call, target, self.number, self.moment) = (parts[0], parts[1], number, moment)
    }

    var description: String { "\(call):\(target):\(number):\(moment.rawValue)" }

    func fits(_ call: String, _ target: String) -> Bool {
        (self.call == "*" || self.call == call) && (self.target == "*" || self.target == target)
    }

    /// Ends the process as `kill -9` does: nothing is flushed, nothing unwinds.
    static func die() -> Never {
        kill(getpid(), SIGKILL)
        while true { pause() }
    }
}
