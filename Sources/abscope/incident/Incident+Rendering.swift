import Glibc
import LogStore
import StoreIO

extension Incident {
    /// The first digits of its name, as people type them.
    var shortName: String { String(id.prefix(8)) }

    func json(_ session: Session) -> JSON {
        var members: [(String, JSON)] = [
            ("incident", .string(id)), ("since", .string(session.moment(milliseconds))), ("kind", .string(kind)),
            ("open", .bool(isOpen)), ("text", .string(text)), ("feed", JSON(feed)),
        ]
        if let positions {
            members.append(("positions", .array([JSON(positions.lowerBound), JSON(positions.upperBound)])))
        }
        if let closing {
            members.append(
                (
                    "closed",
                    .object([
                        ("at", .string(session.moment(closing.milliseconds))), ("by", .string(closing.by)),
                        ("how", .string(closing.how)),
                    ])
                )
            )
        }
        return .object(members)
    }
}

extension LogStore {
    /// The incident whose name begins so.
    ///
    /// - Throws: ``Failure`` 66 when there is none, 65 when several begin so.
    func incident(named typed: String) throws -> Incident {
        let found = try allIncidents().filter { $0.id.hasPrefix(typed.lowercased()) }
        guard let incident = found.first, !typed.isEmpty else {
            throw Failure(.noInput, .incidentUnknown(typed), remedy: .incidentRemedy)
        }
        guard found.count == 1 else {
            throw Failure(.dataError, .incidentAmbiguous(typed, found.map(\.id)))
        }
        return incident
    }
}

extension Session {
    /// Whose account this is, as the system calls it.
    var account: String {
        let userID = getuid()
        guard let entry = unsafe getpwuid(userID), let name = unsafe entry.pointee.pw_name,
            let text = unsafe String(validatingCString: name)
        else { return String(userID) }
        return text
    }
}
