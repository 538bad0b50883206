import CaseModel
import Foundation
import GRDB
import LogFormat
import Schema

/// Applies entries of one feed to the tables, inside one transaction.
///
/// What the entries create is kept in memory until ``finish()``, so that a new record costs one insertion; only records
/// that were here before are read and folded again.
struct BatchApplier {
    private let table: RecordTable
    private var db: Database { table.db }
    private let feed: FeedID?
    private let feedRow: Int64
    private let positions: ClosedRange<UInt64>
    /// What could not be read of what was applied.
    private let gaps: [FeedGap]
    /// Rows of records named in this batch.
    private var rows: [RecordID: Int64] = [:]
    /// Rows given out in this batch and not inserted yet.
    private var unborn: [Int64: (record: RecordID, kind: RecordKind)] = [:]
    /// Changes of unborn records.
    private var newChanges: [Int64: [RecordChange]] = [:]
    /// Rows of older records with a new change, or waiting for an entry of this batch.
    private var touched: Set<Int64> = []
    private var touchedCases: Set<Int64> = []
    private var nextRow: Int64
    /// Whether any person was erased: only then has each sealed value to be looked at.
    private var knowsErasures: Bool
    private let waiting: [UInt64: [Int64]]
    private let placeholders: Set<UInt64>
    /// Whether these are entries of another history than the one that is held as the feed.
    private let isBranch: Bool

    /// - Parameters:
    ///   - table: Of the transaction.
    ///   - feed: Whose entries they are.
    ///   - feedRow: Its row.
    ///   - positions: Of the entries that will be applied.
    ///   - isBranch: They are of another history than the one held as the feed; `feedRow` is that of the history.
    /// - Throws: `DatabaseError`.
    init(
        _ table: RecordTable,
        feed: FeedID,
        feedRow: Int64,
        positions: ClosedRange<UInt64>,
        isBranch: Bool = false
    ) throws {
        self.isBranch = isBranch
        self.table = table
        self.feed = feed
        self.feedRow = feedRow
        self.positions = positions
        gaps = try table.gaps()
        nextRow = (try Int64.fetchOne(table.db, sql: "SELECT MAX(id) FROM record") ?? 0) + 1
        knowsErasures = try table.knowsErasures()
        let placeRow = isBranch ? try table.madeFeedRow(feed) : feedRow
        let range: StatementArguments = [placeRow, Int64(positions.lowerBound), Int64(positions.upperBound)]
        var waiting: [UInt64: [Int64]] = [:]
        for row in try Row.fetchAll(
            table.db,
            sql: "SELECT position, record FROM wait WHERE feed = ? AND position BETWEEN ? AND ?",
            arguments: range
        ) {
            waiting[UInt64(bitPattern: row[0] as Int64), default: []].append(row[1])
        }
        self.waiting = waiting
        if !isBranch {
            try table.db.execute(sql: "DELETE FROM wait WHERE feed = ? AND position BETWEEN ? AND ?", arguments: range)
        }
        placeholders = Set(
            try Int64.fetchAll(
                table.db,
                sql: "SELECT position FROM record WHERE feed = ? AND position BETWEEN ? AND ?",
                arguments: range
            ).map { UInt64(bitPattern: $0) }
        )
    }

    /// To write records again, without new entries.
    init(refolding table: RecordTable) throws {
        isBranch = false
        self.table = table
        feed = nil
        feedRow = 0
        positions = 0...0
        gaps = try table.gaps()
        nextRow = (try Int64.fetchOne(table.db, sql: "SELECT MAX(id) FROM record") ?? 0) + 1
        knowsErasures = try table.knowsErasures()
        waiting = [:]
        placeholders = []
    }

    /// Files one entry.
    ///
    /// - Returns: When it was made, by its site's clock; nil for what is no entry of records.
    mutating func add(_ entry: AppliedEntry) throws -> Int64? {
        if case .part(let part) = entry.content {
            if let part { try note(part, at: entry.reference) }
            return nil
        }
        let entryRow = RecordTable.entryRow(feed: feedRow, position: entry.reference.position)
        try db.cachedStatement(sql: "INSERT INTO entry(id, digest_prefix, bytes) VALUES(?, ?, ?)")
            .execute(arguments: [entryRow, Int64(bitPattern: entry.reference.digestPrefix), Data(entry.bytes)])
        touched.formUnion(waiting[entry.reference.position] ?? [])
        guard case .record(let decoded) = entry.content else {
            try db.execute(sql: "INSERT INTO unreadable(entry) VALUES(?)", arguments: [entryRow])
            return nil
        }
        if let source = decoded.context.source, source.kind == "import", !source.name.isEmpty {
            try db.cachedStatement(sql: "INSERT INTO batch(name, entry) VALUES(?, ?)")
                .execute(arguments: [source.name, entryRow])
        }
        for (number, change) in decoded.changes.enumerated() {
            let row = try row(of: change.record, kind: change.kind)
            if unborn[row] != nil { newChanges[row, default: []].append(change) } else { touched.insert(row) }
            try db.cachedStatement(sql: "INSERT INTO change(record, entry, number) VALUES(?, ?, ?)")
                .execute(arguments: [row, entryRow, number])
        }
        return decoded.context.recorded.milliseconds
    }

    /// Files where a piece of a file lies.
    private func note(_ part: AttachmentPart, at reference: EntryReference) throws {
        try db.cachedStatement(
            sql: "INSERT OR IGNORE INTO chunk(attachment, number, feed, position, digest_prefix) VALUES(?, ?, ?, ?, ?)"
        ).execute(arguments: [
            Data(part.attachment), Int64(part.number), feedRow, Int64(reference.position),
            Int64(bitPattern: reference.digestPrefix),
        ])
    }

    /// The row of a record, given out when it has none.
    private mutating func row(of record: RecordID, kind: RecordKind) throws -> Int64 {
        if let known = rows[record] { return known }
        // A place of this batch that nobody named before has no row; everything else is looked up.
        let isOfBatch =
            !isBranch && record.entry.feed == feed && positions.contains(record.entry.position)
            && !placeholders.contains(record.entry.position)
        let found = isOfBatch ? nil : try table.recordRow(record)
        let row = found ?? nextRow
        if found == nil {
            nextRow += 1
            unborn[row] = (record, kind)
        }
        rows[record] = row
        return row
    }

    /// Writes what the entries made of their records.
    mutating func finish() throws {
        for (row, changes) in newChanges.sorted(by: { $0.key < $1.key }) {
            guard let new = unborn.removeValue(forKey: row) else { continue }
            let opened = try changes.map(table.open)
            try write(row, new.record, opened, isNew: true)
        }
        for row in touched.sorted() {
            try write(row, try table.recordID(row), try table.changes(ofRecord: row), isNew: false)
        }
        // Records that are only named so far.
        for (row, named) in unborn.sorted(by: { $0.key < $1.key }) {
            try insert(row, named.record, kind: named.kind, caseRow: nil, attention: false)
        }
        for row in touchedCases.sorted() {
            try db.cachedStatement(sql: "UPDATE record SET watch = 2 WHERE id = ? AND watch <> 2")
                .execute(arguments: [row])
        }
    }

    private mutating func write(
        _ row: Int64,
        _ record: RecordID,
        _ changes: [RecordChange],
        isNew: Bool
    ) throws {
        var kind: RecordKind
        var caseRecord: RecordID?
        var attention = false
        if let only = changes.first, changes.count == 1, only.action == .create, only.problem == nil,
            only.parents.isEmpty, only.kind != .person
        {
            // Most records are this simple, and need no fold to be filed.
            kind = only.kind
            caseRecord = only.caseRecord
        } else {
            guard let state = RecordState(folding: changes, of: record) else { return }
            kind = state.kind
            caseRecord = state.caseRecord
            attention = state.needsAttention
            for missing in state.pending.flatMap(\.missing) { try wait(row, for: missing) }
            if kind == .person { try noteSearch(row, state) }
        }
        let caseRow = try caseRecord.map { try self.row(of: $0, kind: .case) }
        if isNew {
            try insert(row, record, kind: kind, caseRow: caseRow, attention: attention)
        } else {
            try db.cachedStatement(sql: "UPDATE record SET kind = ?, case_record = ?, attention = ? WHERE id = ?")
                .execute(arguments: [Int(kind.rawValue), caseRow, attention, row])
        }
        if kind == .case { touchedCases.insert(row) }
        if let caseRow { touchedCases.insert(caseRow) }
        if kind == .person {
            touchedCases.formUnion(
                try Int64.fetchAll(
                    db.cachedStatement(sql: "SELECT case_record FROM person_case WHERE person = ?"),
                    arguments: [row]
                )
            )
        }
        for change in changes { try noteLinks(of: change, row, kind) }
    }

    private mutating func noteLinks(of change: RecordChange, _ row: Int64, _ kind: RecordKind) throws {
        for field in change.fields {
            guard case .link(let target) = field.content else { continue }
            try wait(row, for: target.entry)
            guard kind == .case, field.field == LinkField.casePerson else { continue }
            try db.cachedStatement(sql: "INSERT OR IGNORE INTO person_case(person, case_record) VALUES(?, ?)")
                .execute(arguments: [try self.row(of: target, kind: .person), row])
        }
        if let sealed = change.sealed {
            try db.cachedStatement(sql: "INSERT OR IGNORE INTO sealed(key, record) VALUES(?, ?)")
                .execute(arguments: [Data(sealed.keyID), row])
            let person = try self.row(of: sealed.person, kind: .person)
            try table.noteKey(sealed.keyID, of: person)
            if knowsErasures, try table.isErased(person), !change.isErased { try table.unsettle(person) }
        }
        if change.kind == .branch, change.action == .create, change.id.entry.feed.lane == .roster, !isBranch {
            let entry = RecordTable.entryRow(
                feed: try table.madeFeedRow(change.id.entry.feed),
                position: change.id.entry.position
            )
            try db.cachedStatement(sql: "INSERT OR IGNORE INTO branch(entry, done, tried) VALUES(?, 0, -1)")
                .execute(arguments: [entry])
        }
        if let erasure = Erasure(change) {
            try table.note(erasure, row, of: try self.row(of: erasure.person, kind: .person))
            knowsErasures = true
        }
    }

    private func wait(_ row: Int64, for entry: EntryReference) throws {
        // What is here under another digest never comes.
        let isAhead = try applied(entry.feed) < entry.position
        guard isAhead || gaps.contains(where: { $0.feed == entry.feed && $0.positions.contains(entry.position) }) else {
            return
        }
        try db.cachedStatement(sql: "INSERT OR IGNORE INTO wait(feed, position, record) VALUES(?, ?, ?)")
            .execute(arguments: [try table.madeFeedRow(entry.feed), Int64(bitPattern: entry.position), row])
    }

    /// The position up to which a feed is applied, that of this batch to its end.
    private func applied(_ other: FeedID) throws -> UInt64 {
        let end = try table.head(of: other)?.position ?? 0
        return other == feed && !isBranch ? max(end, positions.upperBound) : end
    }

    private func noteSearch(_ row: Int64, _ state: RecordState) throws {
        // What is on its way out is not written down first.
        let isLeaving = try knowsErasures && table.isErased(row)
        let text = isLeaving ? "" : SearchText.of(state)
        try db.cachedStatement(sql: "INSERT OR REPLACE INTO search(person, text) VALUES(?, ?)")
            .execute(arguments: [row, text])
    }

    private func insert(
        _ row: Int64,
        _ record: RecordID,
        kind: RecordKind,
        caseRow: Int64?,
        attention: Bool
    ) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO record(id, feed, position, digest_prefix, number, kind, case_record, attention, watch)
                VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            row, try table.madeFeedRow(record.entry.feed), Int64(bitPattern: record.entry.position),
            Int64(bitPattern: record.entry.digestPrefix), Int(record.change), Int(kind.rawValue), caseRow, attention,
            kind == .case ? 2 : 0,
        ])
    }

    /// Writes records again whose identifying fields can be opened now.
    mutating func refold(_ records: [Int64]) throws {
        touched.formUnion(records)
        try finish()
    }
}
