import LogFormat

extension Lane {
    /// As people and JSON call it.
    var name: String {
        switch self {
        case .roster: "roster"
        case .urgent: "urgent"
        case .records: "records"
        case .attachments: "attachments"
        }
    }
}
