package import CaseModel
import Foundation
import GRDB
package import LogFormat
import LogStore
import Schema
import StoreIO

// How old what is here may be.
extension CaseStore {
    /// How long ago the newest entry of each site that is here was made, in seconds.
    ///
    /// The site may have been heard from since without having anything to say; only the daemon knows. Building the
    /// read model anew makes nothing look fresher. A site whose clock ran ahead counts from when its entry was applied.
    package func siteAges() throws -> [SiteID: UInt64] {
        let now = surroundings.clock.millisecondsSinceEpoch()
        return try query { table in
            var ages: [SiteID: UInt64] = [:]
            for row in try Row.fetchAll(
                table.db,
                sql: "SELECT site, MAX(recorded_ms) AS ms FROM feed WHERE position > 0 GROUP BY site"
            ) {
                guard let site = SiteID(row["site"] as Data), (row["ms"] as Int64) > 0 else { continue }
                ages[site] = UInt64(max(0, now - (row["ms"] as Int64)) / 1000)
            }
            return ages
        }
    }

    /// The other sites that wrote something in a case, each with how long ago it was last heard from; ascending.
    ///
    /// - Parameters:
    ///   - caseRecord: The case.
    ///   - heard: Seconds since a site was last in sync, where the daemon knows better.
    /// - Returns: A row for each of them, without an age where nothing is known.
    /// - Throws: ``CaseStoreError`` with `.view`, `StorageError`.
    package func siteAges(of caseRecord: RecordID, heard: [SiteID: UInt64] = [:]) throws -> [SiteAge] {
        let ages = try siteAges().merging(heard) { min($0, $1) }
        return try query { table in
            guard let row = try table.recordRow(caseRecord) else { return [] }
            return try sites(ofCase: row, table).map { SiteAge(site: $0, heardSecondsAgo: ages[$0]) }
        }
    }

    /// The other sites that wrote something in a case, ascending.
    private func sites(ofCase row: Int64, _ table: RecordTable) throws -> [SiteID] {
        let feeds = try Int64.fetchAll(
            table.db.cachedStatement(
                sql: """
                    SELECT DISTINCT entry >> \(ViewSchema.positionBits) FROM change WHERE record = ?1
                    UNION
                    SELECT DISTINCT entry >> \(ViewSchema.positionBits)
                    FROM record JOIN change ON change.record = record.id WHERE record.case_record = ?1
                    """
            ),
            arguments: [row]
        )
        return Set(try feeds.map { try table.feed($0).site }).subtracting([log.site]).sorted()
    }

    // MARK: - Today

    /// What needs a person on a day.
    ///
    /// Only cases are looked at that have something open; which these are is noted in the read model when a case was
    /// changed since.
    ///
    /// - Parameters:
    ///   - day: The calendar day at the site.
    ///   - staleAfterSeconds: How long another treating site may be silent before due lines say so.
    ///   - aheadDays: What becomes due within so many days is listed as upcoming.
    ///   - heard: Seconds since a site was last in sync, where the daemon knows better.
    ///   - ruleSets: Those that were approved here.
    /// - Returns: As ``Today/lines(for:on:staleAfterSeconds:aheadDays:ruleSets:exists:)``. Ask ``missing`` first: of cases whose records
    ///   it lacks nothing is said here.
    /// - Throws: ``CaseStoreError`` with `.view`, `StorageError`.
    /// - Complexity: O(records of open cases), and of cases that changed since it was last asked.
    package func today(
        on day: CivilDay,
        staleAfterSeconds: UInt64 = 86_400,
        aheadDays: Int64 = 0,
        heard: [SiteID: UInt64] = [:],
        ruleSets: [DrugRuleSet] = []
    ) throws -> [TodayLine] {
        try noteOpenCases(on: day)
        let ages = try siteAges().merging(heard) { min($0, $1) }
        let missing = self.missing
        return try query { table in
            let snapshots = try Int64.fetchAll(table.db, sql: "SELECT id FROM record WHERE watch <> 0")
                .compactMap { row -> CaseSnapshot? in
                    let others = try sites(ofCase: row, table).map { SiteAge(site: $0, heardSecondsAgo: ages[$0]) }
                    return try Self.snapshot(row, otherSites: others, missing, table)
                }
            let targets = try Self.linkTargets(of: snapshots, table)
            return Today.lines(
                for: snapshots,
                on: day,
                staleAfterSeconds: staleAfterSeconds,
                aheadDays: aheadDays,
                ruleSets: ruleSets,
                exists: targets.contains
            )
        }
    }

    /// Notes which of the cases that changed have something open, a few at a time so that nobody has to wait long.
    private func noteOpenCases(on day: CivilDay) throws {
        let used = view
        do {
            while try noteSomeOpenCases(used, on: day) {}
        } catch let error as DatabaseError where !error.isDamage {
            // Nothing can be noted on this disk; the cases are looked at without.
            return
        } catch  where Self.isDamage(error) {
            try rebuild(instead: used)
        }
    }

    private func noteSomeOpenCases(_ view: ReadModel, on day: CivilDay) throws -> Bool {
        try view.write(opening: opened) { table -> Bool? in
            let rows = try Int64.fetchAll(table.db, sql: "SELECT id FROM record WHERE watch = 2 LIMIT 500")
            guard !rows.isEmpty else { return nil }
            for row in rows {
                var isOpen = false
                if let snapshot = try Self.snapshot(row, otherSites: [], [], table) {
                    let targets = try Self.linkTargets(of: [snapshot], table)
                    isOpen =
                        Today.mayBecomeDue(snapshot.records)
                        || !Today.lines(for: [snapshot], on: day, exists: targets.contains).isEmpty
                }
                try table.db.cachedStatement(sql: "UPDATE record SET watch = ? WHERE id = ?")
                    .execute(arguments: [isOpen ? 1 : 0, row])
            }
            return true
        } ?? false
    }

    /// nil for a case of which nothing has arrived but its name, and nothing that belongs to it either.
    private static func snapshot(
        _ row: Int64,
        otherSites: [SiteAge],
        _ missing: [MissingEntries],
        _ table: RecordTable
    ) throws -> CaseSnapshot? {
        let states = try table.states(ofCase: row)
        guard !states.isEmpty else { return nil }
        return CaseSnapshot(
            caseRecord: try table.recordID(row),
            records: states,
            otherSites: otherSites,
            missing: missing
        )
    }

    /// Those records that settled links name and that are here.
    private static func linkTargets(of snapshots: [CaseSnapshot], _ table: RecordTable) throws -> Set<RecordID> {
        var found: Set<RecordID> = []
        for state in snapshots.flatMap(\.records) {
            for field in state.fields {
                guard case .link(let target) = field.settled, !found.contains(target), try exists(target, table) else {
                    continue
                }
                found.insert(target)
            }
        }
        return found
    }
}
