import CaseModel
package import LogFormat
import LogStore
import Schema
import StoreIO

// Recording. What is acknowledged is in the log; the read model follows afterwards, and its failure is no failure of
// the write: see ``CaseStore/missingEntries``.
extension CaseStore {
    /// Most times a recording is built anew because others record at the same moment.
    private static let attempts = 16

    /// Records one entry that was validated against the read model as it last caught up; durable when this returns.
    ///
    /// What others recorded here meanwhile is no obstacle unless it touches the same records or the same case.
    ///
    /// - Parameters:
    ///   - recording: What, by whom.
    ///   - program: Name and version, for example `abscope 0.1.0`.
    /// - Returns: The entry's reference; nil for a dry run, which did everything but the append.
    /// - Throws: `StorageError` with `.moved` when something was recorded meanwhile that concerns it: validate again and
    ///   retry, or use ``record(program:_:)``; `RecordError` for what can not be recorded; ``CaseStoreError`` with
    ///   `.keyNotHere` when identifying values of a person are to change whose key is not here, and with `.keys` when
    ///   a key can not be kept. Nothing was recorded then.
    package func record(_ recording: Recording, program: String) throws -> EntryReference? {
        let validated = expected
        for _ in 1..<Self.attempts {
            do {
                return try append(recording, program: program, expecting: expected)
            } catch let error as StorageError where error.code == .moved {
                try catchUp()
                guard try !isConcerned(recording, by: validated) else {
                    throw StorageError(
                        .moved,
                        "Something else was recorded in this case meanwhile: look at it again and retry."
                    )
                }
            }
        }
        return try append(recording, program: program, expecting: expected)
    }

    /// Records one entry, validated again whenever something else was recorded meanwhile; durable when this returns.
    ///
    /// - Parameters:
    ///   - program: Name and version.
    ///   - build: Validates against this store and says what to record; called again when it was overtaken. What it
    ///     throws is thrown, and nothing is recorded.
    /// - Returns: The entry's reference; nil for a dry run.
    /// - Throws: As ``record(_:program:)``; `.moved` only when overtaken many times in a row.
    package func record(program: String, _ build: () throws -> Recording) throws -> EntryReference? {
        for _ in 1..<Self.attempts {
            try catchUp()
            // Before `build` reads anything: what comes after is noticed by the log.
            let validated = expected
            do {
                return try append(try build(), program: program, expecting: validated)
            } catch let error as StorageError where error.code == .moved {
                continue
            }
        }
        try catchUp()
        let validated = expected
        return try append(try build(), program: program, expecting: validated)
    }

    private func append(
        _ recording: Recording,
        program: String,
        expecting: [FeedID: FeedHead]
    ) throws -> EntryReference? {
        if let refusal = log.writeRefusal { throw refusal }
        let epoch = log.epoch
        let states = try query { table in
            try recording.changes.map { change -> RecordState? in
                guard case .existing(let record) = change.record, let row = try table.recordRow(record) else {
                    return nil
                }
                return try table.state(row)
            }
        }
        let (lane, alone) = try Urgency.lane(
            for: zip(recording.changes, states).map { ($0, $1) },
            caseNumber: try caseNumber(of: recording, states),
            isImport: recording.isImport
        )
        var encoder = RecordingEncoder(self, feed: FeedID(site: log.site, epoch: epoch, lane: lane), program: program)
        let bytes = try encoder.encode(recording, states: states, alone: alone)
        guard !recording.isDryRun else { return nil }
        try encoder.keepKeys()
        let reference = try log.append([bytes], to: lane, expecting: expecting, epoch: epoch).first
        followAfterWriting(1)
        return reference
    }

    /// Brings the read model up to what was just recorded. What was recorded stays recorded when that fails.
    func followAfterWriting(_ entries: UInt64) {
        do {
            try catchUp()
        } catch {
            note(
                unseen: entries,
                problem: "What was recorded is safe in the log, but can not be shown yet: \(error)"
            )
        }
    }

    /// Whether own entries that came after `heads` touch what a recording is about.
    private func isConcerned(_ recording: Recording, by heads: [FeedID: FeedHead]) throws -> Bool {
        var subjects: Set<RecordID> = []
        for change in recording.changes {
            for case .existing(let target) in [change.caseRecord, change.record].compactMap(\.self)
                + Array(change.links.values)
            {
                subjects.insert(target)
            }
        }
        guard !subjects.isEmpty else { return false }
        for (feed, head) in expected {
            var position = heads[feed]?.position ?? 0
            while position < head.position {
                let entries = try log.entries(of: feed, after: position, limitBytes: 1 << 18)
                guard let last = entries.last else { break }
                for entry in entries where try touches(entry, subjects) { return true }
                position = last.reference.position
            }
        }
        return false
    }

    private func touches(_ entry: StoredEntry, _ subjects: Set<RecordID>) throws -> Bool {
        let decoded: RecordEntry
        do throws(RecordError) {
            decoded = try RecordEntry(decoding: entry.bytes, at: entry.reference)
        } catch {
            // Whatever it is, it is no record that could concern another.
            return false
        }
        return decoded.changes.contains { change in
            subjects.contains(change.record) || change.caseRecord.map(subjects.contains) == true
        }
    }

    /// The number of the case an entry is about, for the sentence that travels with an urgent one.
    private func caseNumber(of recording: Recording, _ states: [RecordState?]) throws -> String {
        for (change, state) in zip(recording.changes, states) {
            var record: RecordID?
            if case .existing(let target) = change.caseRecord { record = target }
            if change.kind == .case, let state { record = state.id }
            if let record { return try names.caseNumber(record)?.description ?? record.description }
        }
        return ""
    }
}
