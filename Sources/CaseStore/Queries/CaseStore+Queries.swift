package import CaseModel
import Foundation
import GRDB
package import LogFormat
import LogStore
import StoreIO

// Questions about records. Everything is folded from the changes that are here when it is asked, so equal sets of
// entries give equal answers at every site.
extension CaseStore {
    // MARK: - Records

    /// A record as it stands here, with every change of it; nil when nothing of it has arrived.
    ///
    /// - Complexity: Index lookups and one fold.
    package func state(of record: RecordID) throws -> RecordState? {
        try query { table in
            guard let row = try table.recordRow(record) else { return nil }
            return try table.state(row)
        }
    }

    /// Whether a change of the record has arrived.
    package func exists(_ record: RecordID) throws -> Bool {
        try query { table in try Self.exists(record, table) }
    }

    static func exists(_ record: RecordID, _ table: RecordTable) throws -> Bool {
        guard let row = try table.recordRow(record) else { return false }
        return try Bool.fetchOne(
            table.db.cachedStatement(sql: "SELECT EXISTS(SELECT 1 FROM change WHERE record = ?)"),
            arguments: [row]
        )
            ?? false
    }

    /// Every operator, ascending by record.
    package func operators() throws -> [RecordState] { try states(ofKind: .operator) }

    /// Every record of a kind, ascending. For kinds of which there are few.
    package func states(ofKind kind: RecordKind) throws -> [RecordState] {
        try query { table in
            try table.states(
                sql: """
                    SELECT entry, change.number FROM record JOIN change ON change.record = record.id WHERE record.kind = ?
                    """,
                arguments: [Int(kind.rawValue)]
            )
        }
    }

    /// Everything somebody has to decide or wait for, ascending: conflicts, disputed retractions, changes that wait or
    /// can not be read.
    package func conflicts() throws -> [RecordState] {
        try query { table in
            try table.states(
                sql: """
                    SELECT entry, change.number FROM record JOIN change ON change.record = record.id
                    WHERE record.attention <> 0
                    """,
                arguments: []
            )
        }
    }

    // MARK: - Cases

    /// Every case, ascending.
    package func caseRecords() throws -> [RecordID] { try query { try Self.caseRecords($0) } }

    static func caseRecords(_ table: RecordTable) throws -> [RecordID] {
        try Row.fetchAll(
            table.db,
            sql: """
                SELECT feed, position, digest_prefix, number FROM record
                WHERE kind = ? AND EXISTS(SELECT 1 FROM change WHERE change.record = record.id)
                """,
            arguments: [Int(RecordKind.case.rawValue)]
        ).map { row in
            RecordID(
                entry: EntryReference(
                    feed: try table.feed(row[0]),
                    position: UInt64(bitPattern: row[1] as Int64),
                    digestPrefix: UInt64(bitPattern: row[2] as Int64)
                ),
                change: UInt32(row[3] as Int64)
            )
        }.sorted()
    }

    /// The case of this number; nil when there is none here.
    ///
    /// - Parameter number: As people type it.
    /// - Returns: The case.
    /// - Throws: `RecordError` with `.illFormedValue` that names all of them when several cases have the number: two epochs
    ///   of a site may share their letters, and another program may create two cases in one entry. Nobody is picked.
    ///   ``CaseStoreError`` with `.view`, `StorageError`.
    /// - Complexity: O(feeds), then index lookups.
    package func caseRecord(_ number: CaseNumber) throws -> RecordID? {
        let found = try caseRecords(number)
        guard found.count > 1 else { return found.first }
        let places = found.map { names.reference($0) }
        throw RecordError(
            .illFormedValue,
            "The number \(number) is that of \(found.count) cases: \(places.joined(separator: ", ")).",
            remedy: "Give one of these instead of the number; to tell them apart look at each with `case show`."
        )
    }

    /// Those of the numbers that are the number of a case here, in their order.
    ///
    /// - Complexity: O(numbers × feeds), with index lookups.
    package func known(among numbers: [CaseNumber]) throws -> [CaseNumber] {
        try numbers.filter { try !caseRecords($0).isEmpty }
    }

    /// Every case of a number, ascending.
    private func caseRecords(_ number: CaseNumber) throws -> [RecordID] {
        guard number.position < 1 << ViewSchema.positionBits else { return [] }
        return try query { table in
            var cases: [RecordID] = []
            for found in try Row.fetchAll(table.db, sql: "SELECT id, site, epoch, lane FROM feed WHERE position > 0") {
                guard let feed = RecordTable.feed(found), names.isFeed(feed, of: number) else { continue }
                // Records of another history of a feed are named by that feed, though its entries have a row of their own.
                let entryFeedRow: Int64 = found["id"]
                guard let feedRow = try table.feedRow(feed) else { continue }
                // Only the digest of the entry that is there, and only what it creates: a wrong reference to this place
                // names nothing.
                // The `+` keeps SQLite from looking through all cases instead of at this place.
                cases += try Int64.fetchAll(
                    table.db,
                    sql: """
                        SELECT record.id FROM entry JOIN record ON record.feed = ?2 AND record.position = ?3
                            AND record.digest_prefix = entry.digest_prefix
                        WHERE entry.id = ?1 AND +record.kind = ?4 AND EXISTS(
                            SELECT 1 FROM change
                            WHERE change.record = record.id AND change.entry = ?1 AND change.number = record.number)
                        """,
                    arguments: [
                        RecordTable.entryRow(feed: entryFeedRow, position: number.position), feedRow,
                        Int64(number.position), Int(RecordKind.case.rawValue),
                    ]
                ).map { try table.recordID($0) }
            }
            return cases.sorted()
        }
    }

    /// Every record of a case, the case itself among them, ascending.
    ///
    /// - Complexity: Index lookups and a fold for each record of the case, however large the store.
    package func states(of caseRecord: RecordID) throws -> [RecordState] {
        try query { table in
            guard let row = try table.recordRow(caseRecord) else { return [] }
            return try table.states(ofCase: row)
        }
    }

    /// The case a record belongs to; the record itself when it is one; nil for what belongs to none.
    package func caseOf(_ record: RecordID) throws -> RecordID? {
        guard let state = try state(of: record) else { return nil }
        return state.kind == .case ? state.id : state.caseRecord
    }

    /// The person of a case; nil while the link is in conflict, or the person has not arrived.
    package func person(of caseRecord: RecordID) throws -> RecordState? {
        guard let person = try state(of: caseRecord)?.settledLink(LinkField.casePerson) else { return nil }
        return try state(of: person)
    }

    /// Cases by any part of their number, or of a name or identifier whose key is here.
    ///
    /// - Parameters:
    ///   - text: As typed; width, case, accents and compatibility forms do not matter.
    ///   - limit: Most results; nil for all.
    /// - Returns: Ascending.
    /// - Throws: ``CaseStoreError`` with `.view`, `StorageError`.
    /// - Complexity: One pass over the names of all persons; about 50 ms for 50,000. An index of three-character pieces
    ///   would find no Chinese name, for most have two or three characters.
    package func search(_ text: String, limit: Int? = nil) throws -> [RecordID] {
        let folded = SearchText.folded(text)
        guard !folded.isEmpty else { return [] }
        var found = try query { table in
            Set(
                try Int64.fetchAll(
                    table.db,
                    sql: """
                        SELECT DISTINCT person_case.case_record FROM search
                        JOIN person_case ON person_case.person = search.person WHERE instr(search.text, ?) > 0
                        """,
                    arguments: [folded]
                ).map { try table.recordID($0) }
            )
        }
        if folded.utf8.allSatisfy({ $0 < 0x80 }), folded.contains(where: \.isNumber) {
            for record in try caseRecords() {
                let number = try names.caseNumber(record)?.description.lowercased() ?? ""
                if number.contains(folded) { found.insert(record) }
            }
        }
        return Array(found.sorted().prefix(limit ?? .max))
    }

    // MARK: - Entries

    /// The entries at a position of a lane in feeds that `matches` accepts: more than one where epochs or sites are open.
    package func entryReferences(
        lane: Lane,
        position: UInt64,
        where matches: (FeedID) -> Bool
    ) throws -> [EntryReference] {
        guard position < 1 << ViewSchema.positionBits else { return [] }
        return try query { table in
            var references: [EntryReference] = []
            for found in try Row.fetchAll(
                table.db,
                sql: "SELECT id, site, epoch, lane FROM feed WHERE lane = ?",
                arguments: [Int(lane.rawValue)]
            ) {
                guard let feed = RecordTable.feed(found), matches(feed) else { continue }
                let row = RecordTable.entryRow(feed: found["id"], position: position)
                let digest = try Int64.fetchOne(
                    table.db,
                    sql: "SELECT digest_prefix FROM entry WHERE id = ?",
                    arguments: [row]
                )
                guard let digest else { continue }
                references.append(
                    EntryReference(feed: feed, position: position, digestPrefix: UInt64(bitPattern: digest))
                )
            }
            return references.sorted()
        }
    }
}
