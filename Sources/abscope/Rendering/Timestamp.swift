import CaseModel
import Schema

/// Moments as JSON has them.
enum Timestamp {
    /// `2026-11-21T05:40+08:00` in the site's own time (RFC 3339 without seconds).
    static func text(_ moment: RecordedMoment) -> String {
        // Another site may say anything, the one number without an absolute value too.
        let offset = moment.zoneOffsetMinutes.magnitude
        func two(_ number: UInt32) -> String { (number < 10 ? "0" : "") + String(number) }
        let sign = moment.zoneOffsetMinutes < 0 ? "-" : "+"
        let zone = offset == 0 ? "Z" : sign + two(offset / 60) + ":" + two(offset % 60)
        return String(describing: moment).split(separator: " ").joined(separator: "T") + zone
    }
}

extension RecordAction {
    var name: String {
        switch self {
        case .create: "create"
        case .amend: "amend"
        case .retract: "retract"
        }
    }
}

extension Source {
    var json: JSON {
        var members: [(String, JSON)] = []
        if hasKind { members.append(("kind", .string(kind))) }
        if hasName { members.append(("name", .string(name))) }
        if hasLine { members.append(("line", .integer(Int64(clamping: line)))) }
        return .object(members)
    }
}
