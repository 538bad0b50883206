import LogFormat
import LogStore
import SyncEngine
import SyncProtocol

/// The roster at hand for a command that shows or writes it.
struct RosterDesk {
    let log: LogStore
    let roster: Roster
    let names: RecordNames
    let draft: RosterDraft

    /// - Throws: ``Failure`` 78 while the site belongs to no registry.
    init(_ session: Session) throws {
        log = try session.log()
        roster = try session.roster(of: log)
        names = try RecordNames(log)
        draft = session.rosterDraft
    }

    /// - Throws: ``Failure`` 77 unless this site administers the registry.
    func checkAdministrator() throws {
        guard roster.administrator == log.site else { throw Failure(.noPermission, .notAdministrator) }
    }

    /// The site somebody typed.
    ///
    /// - Throws: ``Failure`` 65 when none or several fit.
    func member(_ typed: String) throws -> RosterMember {
        let site = try names.site(typed, among: roster.members.map(\.site))
        guard let member = roster[site] else { preconditionFailure() }
        return member
    }

    /// Where the feeds of a site stand here, sorted.
    func rows(of site: SiteID) throws -> [Frontier.Row] {
        Array(try log.frontier().rows(of: site))
    }

    /// Appends to this site's lane 0, in the epoch it was decided for.
    func append(_ entries: [[UInt8]]) throws -> [EntryReference] {
        try log.append(entries, to: .roster, epoch: log.epoch)
    }

    /// Says what of a site will count when it is revoked now, before anybody confirms.
    func explain(_ member: RosterMember, _ rows: [Frontier.Row], _ session: Session) throws {
        let alias = names.site(member.site)
        if rows.isEmpty { session.console.line(.site(.revokeNothingHeld)) }
        for row in rows { session.console.line(.site(.cutOff(names.feed(row.feed), row.head.position))) }
        guard let age = try session.heardAges()[member.site] else {
            return session.console.line(.site(.revokeNeverHeard(alias)))
        }
        session.console.line(.site(.revokeHeard(alias, Quantities.duration(seconds: Int64(clamping: age)))))
    }

    func json(_ rows: [Frontier.Row]) -> JSON {
        .array(
            rows.map { row in
                .object([
                    ("feed", .string(String(describing: row.feed))), ("lane", .string(row.feed.lane.name)),
                    ("position", JSON(row.head.position)), ("digest", .string(String(describing: row.head.digest))),
                ])
            }
        )
    }
}
