import CaseModel
package import LogFormat
import LogStore
import Schema
import StoreIO

extension CaseStore {
    /// Records one entry; durable when this returns.
    ///
    /// - Parameters:
    ///   - recording: What, by whom.
    ///   - program: Name and version, for example `abscope 0.1.0`.
    /// - Returns: The entry's reference; nil for a dry run, which did everything but the append.
    /// - Throws: `StorageError` with `.moved` when something else was recorded here since the read model last caught up:
    ///   ``catchUp(progress:)``, validate again, retry; `RecordError` for what can not be recorded; ``CaseStoreError``
    ///   with `.keyNotHere` when identifying values of a person are to change whose key is not here.
    package func record(_ recording: Recording, program: String) throws -> EntryReference? {
        let states = try recording.changes.map { change -> RecordState? in
            guard case .existing(let record) = change.record else { return nil }
            return try state(of: record)
        }
        let (lane, alone) = try Urgency.lane(
            for: zip(recording.changes, states).map { ($0, $1) },
            caseNumber: try caseNumber(of: recording, states),
            isImport: recording.isImport
        )
        let expected = expected
        let bytes = try encode(recording, states: states, lane: lane, alone: alone, program: program)
        guard !recording.isDryRun else { return nil }
        let reference = try log.append([bytes], to: lane, expecting: expected).first
        try catchUp()
        return reference
    }

    /// Records a batch to the records lane: all entries or none of each commit, in order.
    ///
    /// - Parameters:
    ///   - recordings: One entry each.
    ///   - program: Name and version.
    ///   - progress: Entries durable so far.
    /// - Returns: Their references, in order; empty for a dry run.
    /// - Throws: as ``record(_:program:)``. What was durable before a failure stays.
    package func record(
        batch recordings: [Recording],
        program: String,
        progress: (Int) -> Void = { _ in }
    ) throws -> [EntryReference] {
        // Everything is encoded before anything is written, so that a fault in one row writes none.
        var encoded: [[UInt8]] = []
        for recording in recordings {
            let states = recording.changes.map { _ -> RecordState? in nil }
            encoded.append(try encode(recording, states: states, lane: .records, alone: nil, program: program))
        }
        guard recordings.first?.isDryRun != true else { return [] }
        var references: [EntryReference] = []
        var batch: [[UInt8]] = []
        var lengthBytes = 0
        for entry in encoded {
            if lengthBytes + 4 + entry.count > Limits.commitBytes {
                references += try log.append(batch, to: .records)
                progress(references.count)
                batch = []
                lengthBytes = 0
            }
            batch.append(entry)
            lengthBytes += 4 + entry.count
        }
        if !batch.isEmpty { references += try log.append(batch, to: .records) }
        progress(references.count)
        try catchUp()
        return references
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

    private func encode(
        _ recording: Recording,
        states: [RecordState?],
        lane: Lane,
        alone: String?,
        program: String
    ) throws -> [UInt8] {
        var changes = recording.changes
        for (index, body) in recording.identity.sorted(by: { $0.key < $1.key }) {
            changes[index].sealed = try seal(body, change: index, of: changes[index], states[index], recording.isDryRun)
        }
        let draft = EntryDraft(
            recorded: RecordedMoment(
                milliseconds: surroundings.clock.millisecondsSinceEpoch(),
                zoneOffsetMinutes: surroundings.clock.zoneOffsetMinutes()
            ),
            operatorRecord: recording.operatorRecord,
            program: program,
            source: recording.source,
            changes: changes,
            alone: alone
        )
        let bytes = try draft.encode(for: FeedID(site: log.site, epoch: log.epoch, lane: lane))
        guard bytes.count <= Limits.entryBytes else {
            throw StorageError(
                .tooLarge,
                "An entry holds at most \(Limits.entryBytes) bytes and this one has \(bytes.count): shorten the texts, or"
                    + " record them in several entries."
            )
        }
        return bytes
    }

    /// Seals identifying fields with the key of their person: the one the person has, or a new one for a new person.
    private func seal(
        _ body: [UInt8],
        change index: Int,
        of change: DraftChange,
        _ state: RecordState?,
        _ isDryRun: Bool
    ) throws -> DraftSealedFields {
        let nonce = surroundings.random.bytes(12)
        guard case .existing(let record) = change.record else {
            guard let key = PersonKey(surroundings.random.bytes(PersonKey.lengthBytes)) else {
                throw CaseStoreError(.keys, "The random source gave too few bytes for a key.")
            }
            // Durable before the entry that needs it can be.
            if !isDryRun { _ = try keys.keep([key], origin: nil) }
            return try key.seal(
                body: body,
                kind: change.kind,
                person: .inThisEntry(change: UInt32(index)),
                nonce: nonce
            )
        }
        for id in (state?.changes.compactMap(\.sealed?.keyID) ?? []) {
            guard let key = try key(id) else { continue }
            return try key.seal(body: body, kind: change.kind, person: .existing(record), nonce: nonce)
        }
        throw CaseStoreError(
            .keyNotHere,
            "The key that opens this person's name is not at this site: amend it where the person was registered, or"
                + " synchronise first."
        )
    }
}
