package import CaseModel
import Foundation
import GRDB
package import LogFormat
import LogStore
import StoreIO

extension CaseStore {
    // MARK: - Records

    /// A record as it stands here; nil when nothing of it has arrived.
    ///
    /// - Complexity: One index lookup and one fold.
    package func state(of record: RecordID) throws -> RecordState? {
        try view.queue.read { db in
            let table = RecordTable(db: db)
            guard let row = try table.recordRow(record) else { return nil }
            return try state(row, table)
        }
    }

    /// Whether a change of the record has arrived.
    package func exists(_ record: RecordID) throws -> Bool {
        try view.queue.read { db in
            guard let row = try RecordTable(db: db).recordRow(record) else { return false }
            return try Bool.fetchOne(db, sql: "SELECT EXISTS(SELECT 1 FROM change WHERE record = ?)", arguments: [row])
                ?? false
        }
    }

    /// Every operator, in the order of their records.
    package func operators() throws -> [RecordState] {
        try states(sql: "SELECT id FROM record WHERE kind = ?", arguments: [Int(RecordKind.operator.rawValue)])
    }

    /// Everything somebody has to decide: conflicts, disputed retractions, changes that wait or can not be read.
    package func conflicts() throws -> [RecordState] {
        try states(sql: "SELECT id FROM record WHERE attention <> 0", arguments: [])
    }

    // MARK: - Cases

    /// Every case, in the order of their records.
    package func caseRecords() throws -> [RecordID] {
        try view.queue.read { db in
            let table = RecordTable(db: db)
            return try Int64.fetchAll(
                db,
                sql: """
                    SELECT id FROM record WHERE kind = ?
                    AND EXISTS(SELECT 1 FROM change WHERE change.record = record.id)
                    """,
                arguments: [Int(RecordKind.case.rawValue)]
            ).map { try table.recordID($0) }.sorted()
        }
    }

    /// The case of this number; nil when there is none here.
    package func caseRecord(_ number: CaseNumber) throws -> RecordID? {
        try view.queue.read { db in
            let table = RecordTable(db: db)
            for found in try Row.fetchAll(db, sql: "SELECT id, site, epoch, lane FROM feed WHERE lane = 2") {
                guard let feed = RecordTable.feed(found), names.isFeed(feed, of: number) else { continue }
                let rows = try Int64.fetchAll(
                    db,
                    sql: "SELECT id FROM record WHERE feed = ? AND position = ? AND kind = ? ORDER BY number",
                    arguments: [found["id"] as Int64, Int64(number.position), Int(RecordKind.case.rawValue)]
                )
                if let row = rows.first { return try table.recordID(row) }
            }
            return nil
        }
    }

    /// Every record of a case, the case itself among them, in the order of their names.
    package func states(of caseRecord: RecordID) throws -> [RecordState] {
        try view.queue.read { db in
            let table = RecordTable(db: db)
            guard let row = try table.recordRow(caseRecord) else { return [] }
            let rows = try Int64.fetchAll(
                db,
                sql: "SELECT id FROM record WHERE id = ? OR case_record = ?",
                arguments: [row, row]
            )
            return try rows.compactMap { try state($0, table) }.sorted { $0.id < $1.id }
        }
    }

    /// The case a record belongs to; the record itself when it is one.
    package func caseOf(_ record: RecordID) throws -> RecordID? {
        guard let state = try state(of: record) else { return nil }
        return state.kind == .case ? state.id : state.caseRecord
    }

    /// The person of a case; nil while the link is in conflict, or the person has not arrived.
    package func person(of caseRecord: RecordID) throws -> RecordState? {
        guard let person = try state(of: caseRecord)?.settledLink(LinkField.casePerson) else { return nil }
        return try state(of: person)
    }

    /// Cases by any part of a name or an identifier whose key is here.
    ///
    /// - Parameters:
    ///   - text: As typed; width, case, accents and compatibility forms do not matter.
    ///   - limit: Most results; nil for all.
    /// - Returns: In the order of their records.
    package func search(_ text: String, limit: Int? = nil) throws -> [RecordID] {
        let folded = SearchText.folded(text)
        guard !folded.isEmpty else { return [] }
        return try view.queue.read { db in
            let table = RecordTable(db: db)
            return try Int64.fetchAll(
                db,
                sql: """
                    SELECT DISTINCT person_case.case_record FROM search
                    JOIN person_case ON person_case.person = search.person
                    WHERE instr(search.text, ?) > 0 ORDER BY person_case.case_record LIMIT ?
                    """,
                arguments: [folded, limit ?? -1]
            ).map { try table.recordID($0) }
        }
    }

    // MARK: - Entries and sites

    /// The entries at a position of a lane in feeds that `matches` accepts: more than one where epochs or sites are open.
    package func entryReferences(
        lane: Lane,
        position: UInt64,
        where matches: (FeedID) -> Bool
    ) throws -> [EntryReference] {
        try view.queue.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT feed.site, feed.epoch, feed.lane, entry.digest_prefix
                    FROM feed JOIN entry ON entry.feed = feed.id AND entry.position = ? WHERE feed.lane = ?
                    """,
                arguments: [Int64(position), Int(lane.rawValue)]
            ).compactMap { row -> EntryReference? in
                guard let feed = RecordTable.feed(row), matches(feed) else { return nil }
                return EntryReference(
                    feed: feed,
                    position: position,
                    digestPrefix: UInt64(bitPattern: row["digest_prefix"] as Int64)
                )
            }.sorted()
        }
    }

    /// How long ago something new of each site was last applied here.
    package func siteAges() throws -> [SiteID: UInt64] {
        let now = surroundings.clock.millisecondsSinceEpoch()
        return try view.queue.read { db in
            var ages: [SiteID: UInt64] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT site, MAX(applied_ms) AS ms FROM feed GROUP BY site") {
                guard let site = SiteID(row["site"] as Data), (row["ms"] as Int64) > 0 else { continue }
                ages[site] = UInt64(max(0, now - (row["ms"] as Int64)) / 1000)
            }
            return ages
        }
    }

    /// The other sites that wrote something in a case, each with how long ago it was last heard from.
    ///
    /// - Parameters:
    ///   - caseRecord: The case.
    ///   - heard: Seconds since a site was last in contact, where the daemon knows better than the read model.
    package func siteAges(of caseRecord: RecordID, heard: [SiteID: UInt64] = [:]) throws -> [SiteAge] {
        let ages = try siteAges().merging(heard) { min($0, $1) }
        let sites = Set(
            try states(of: caseRecord).flatMap { $0.changes.map(\.context.reference.feed.site) }
        ).subtracting([log.site])
        return sites.sorted().map { SiteAge(site: $0, heardSecondsAgo: ages[$0]) }
    }

    // MARK: - Folding

    private func states(sql: String, arguments: StatementArguments) throws -> [RecordState] {
        try view.queue.read { db in
            let table = RecordTable(db: db)
            return try Int64.fetchAll(db, sql: sql, arguments: arguments).compactMap { try state($0, table) }
                .sorted { $0.id < $1.id }
        }
    }

    private func state(_ row: Int64, _ table: RecordTable) throws -> RecordState? {
        RecordState(folding: try table.changes(ofRecord: row, open: opened), of: try table.recordID(row))
    }
}
