package import CaseModel
import Foundation
import GRDB
package import LogFormat
import LogStore
import Schema
import StoreIO

// Imports: many entries at once, and taking them back.
extension CaseStore {
    /// Records a batch to the records lane, in order, in commits of up to 4 MiB.
    ///
    /// Everything is encoded before anything is written, so that a fault in one entry writes none. A commit is whole or
    /// not there; what was durable before a failure stays, and ``undo(batch:reason:alsoAmended:)`` takes it back.
    ///
    /// - Parameters:
    ///   - recordings: One entry each; nothing in them is urgent, for a batch is history.
    ///   - program: Name and version.
    ///   - progress: Entries durable so far: 0 when everything is encoded and the first is about to be written. What it
    ///     throws ends the batch there, at once: the read model follows with the next command.
    /// - Returns: Their references, in order; empty for a dry run.
    /// - Throws: As ``record(_:program:)``.
    /// - Complexity: One sync a commit and one for the keys of new persons.
    package func record(
        batch recordings: [Recording],
        program: String,
        progress: (Int) throws -> Void = { _ in }
    ) throws -> [EntryReference] {
        if let refusal = log.writeRefusal { throw refusal }
        var epoch = log.epoch
        var encoded = try encode(recordings[...], program: program, epoch: epoch)
        guard recordings.first?.isDryRun != true else { return [] }
        var references: [EntryReference] = []
        var isStopped = false
        func report() throws {
            do {
                try progress(references.count)
            } catch {
                isStopped = true
                throw error
            }
        }
        defer { if !references.isEmpty, !isStopped { followAfterWriting(UInt64(references.count)) } }
        try report()
        while references.count < recordings.count {
            let commit = Self.commit(encoded)
            if let written = try append(commit, in: epoch) {
                references += written
                encoded = encoded.dropFirst(commit.count)
                try report()
            } else {
                // The store had to begin a new epoch; what was written stays, the rest is encoded for that one.
                epoch = log.epoch
                encoded = try encode(recordings[references.count...], program: program, epoch: epoch)
            }
        }
        return references
    }

    /// nil when the site writes in another epoch by now.
    private func append(
        _ commit: ArraySlice<[UInt8]>,
        in epoch: EpochID
    ) throws(StorageError) -> [EntryReference]? {
        do throws(StorageError) {
            return try log.append(Array(commit), to: .records, epoch: epoch)
        } catch {
            guard error.code == .moved, log.epoch != epoch else { throw error }
            return nil
        }
    }

    private func encode(
        _ recordings: ArraySlice<Recording>,
        program: String,
        epoch: EpochID
    ) throws -> ArraySlice<[UInt8]> {
        var encoder = RecordingEncoder(
            self,
            feed: FeedID(site: log.site, epoch: epoch, lane: .records),
            program: program
        )
        var encoded: [[UInt8]] = []
        encoded.reserveCapacity(recordings.count)
        for recording in recordings {
            let states =
                try recording.identity.isEmpty
                ? recording.changes.map { _ in nil }
                : recording.changes.map { change -> RecordState? in
                    guard case .existing(let record) = change.record else { return nil }
                    return try state(of: record)
                }
            do {
                encoded.append(try encoder.encode(recording, states: states, alone: nil))
            } catch let error as StorageError where error.code == .tooLarge && recording.source?.hasLine == true {
                throw RecordError(.illFormedFile, error.message, at: "line \(recording.source?.line ?? 0)")
            }
        }
        if recordings.first?.isDryRun != true { try encoder.keepKeys() }
        return encoded[...]
    }

    /// As many entries as one commit holds, at least one.
    private static func commit(_ entries: ArraySlice<[UInt8]>) -> ArraySlice<[UInt8]> {
        var lengthBytes = 0
        return entries.prefix { entry in
            lengthBytes += 4 + entry.count
            return lengthBytes <= Limits.commitBytes
        }
    }

    /// The batches that were imported here, with the number of their entries.
    ///
    /// - Complexity: O(imported entries).
    package func batches() throws -> [(name: String, entries: Int)] {
        try query { table in
            try Row.fetchAll(
                table.db,
                sql: """
                    SELECT name, COUNT(*) FROM batch JOIN feed ON feed.id = batch.entry >> \(ViewSchema.positionBits)
                    WHERE feed.site = ? GROUP BY name ORDER BY name
                    """,
                arguments: [Data(log.site.bytes)]
            )
            .map { ($0[0], $0[1]) }
        }
    }

    /// What takes a batch back: its records that stand, each retracted, in one entry for each of the batch's.
    ///
    /// - Parameters:
    ///   - batch: Its name.
    ///   - reason: Why.
    ///   - alsoAmended: Also records that something else was said about since.
    /// - Returns: What to give to ``record(batch:program:progress:)``, and the records that are kept because they were
    ///   amended since.
    /// - Throws: ``CaseStoreError`` with `.view`, `StorageError`.
    package func undo(
        batch: String,
        reason: String,
        alsoAmended: Bool = false
    ) throws -> (recordings: [Recording], kept: [RecordID]) {
        try query { table in
            var recordings: [Recording] = []
            var kept: [RecordID] = []
            for entryRow in try Int64.fetchAll(
                table.db,
                sql: """
                    SELECT entry FROM batch JOIN feed ON feed.id = batch.entry >> \(ViewSchema.positionBits)
                    WHERE name = ? AND feed.site = ? ORDER BY entry
                    """,
                arguments: [batch, Data(log.site.bytes)]
            ) {
                var changes: [DraftChange] = []
                for change in try table.entry(entryRow).changes where change.action == .create {
                    guard let row = try table.recordRow(change.record), let state = try table.state(row),
                        state.standing != .retracted
                    else { continue }
                    if state.changes.count > 1, !alsoAmended {
                        kept.append(state.id)
                    } else {
                        changes.append(.retract(state, reason: reason))
                    }
                }
                if !changes.isEmpty { recordings.append(Recording(changes: changes, isImport: true)) }
            }
            return (recordings, kept)
        }
    }
}
