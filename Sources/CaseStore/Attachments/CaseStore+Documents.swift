package import CaseModel
import Crypto
import Foundation
import GRDB
package import LogFormat
import LogStore
import Schema
import StoreIO

// Reading what is attached.
extension CaseStore {
    /// The documents of a case that stand, in the order of their records.
    ///
    /// - Throws: ``CaseStoreError`` with `.view`, `StorageError`.
    package func documents(of caseRecord: RecordID) throws -> [AttachedDocument] {
        try documentStates(of: caseRecord).filter { $0.standing != .retracted }.map { state in
            let body = state.displayedBody(DocumentBody.self).body
            let here = try query { table in
                try Int64.fetchOne(
                    table.db,
                    sql: "SELECT COUNT(DISTINCT number) FROM chunk WHERE attachment = ? AND number < ?",
                    arguments: [body.file.attachment, Int64(clamping: body.file.chunks)]
                ) ?? 0
            }
            return AttachedDocument(
                record: state.id,
                title: body.hasTitle ? body.title.value : nil,
                name: body.hasContent ? body.content.name : nil,
                lengthBytes: body.file.lengthBytes,
                chunks: body.file.chunks,
                chunksHere: UInt64(clamping: here)
            )
        }
    }

    /// The entries of lane 3 that hold the files of a case's documents, as far as a site wrote them, by document.
    ///
    /// A part that several entries hold is named once, by the last of them: it is there where that is.
    ///
    /// - Parameters:
    ///   - caseRecord: The case.
    ///   - site: Whose entries.
    /// - Returns: Of each document that stands, in the order of the parts.
    /// - Throws: ``CaseStoreError`` with `.view`, `StorageError`.
    package func partsOfDocuments(
        in caseRecord: RecordID,
        from site: SiteID
    ) throws -> [RecordID: [EntryReference]] {
        var parts: [RecordID: [EntryReference]] = [:]
        for state in try documentStates(of: caseRecord) where state.standing != .retracted {
            let file = state.displayedBody(DocumentBody.self).body.file
            let places = try query { try Self.chunks(of: [UInt8](file.attachment), $0) }
            parts[state.id] = places.keys.sorted().filter { $0 < file.chunks }.compactMap { number in
                places[number]?.last { $0.feed.site == site }
            }
        }
        return parts
    }

    /// Writes the file of a document to a new file, or nothing: every piece is opened and the whole compared with its
    /// digest before the file gets its name.
    ///
    /// - Parameters:
    ///   - record: The document.
    ///   - path: Where, absolute; must not exist.
    ///   - progress: Bytes done, and bytes in all.
    /// - Returns: The length of the file.
    /// - Throws: `RecordError` with `.illFormedValue` for what is no document; ``CaseStoreError`` with `.keyNotHere`;
    ///   what ``NewFile`` throws; `StorageError` with `.notFound` when parts have not arrived, naming them, with `.corrupted`
    ///   when parts are damaged or lost, naming them, `.noSpace`, `.readOnly`.
    package func export(
        _ record: RecordID,
        to path: String,
        progress: (UInt64, UInt64) -> Void = { _, _ in }
    ) throws -> UInt64 {
        guard let state = try state(of: record), state.kind == .document else {
            throw RecordError(.illFormedValue, "This record is no document.")
        }
        let (file, content, key) = try readable(state)
        try NewFile.make(path, in: surroundings) { target in
            try copy(AttachmentCipher(person: key, file: file), file, content, to: target, progress)
        }
        return file.lengthBytes
    }

    private func readable(_ state: RecordState) throws -> (file: StoredFile, content: FileContent, key: PersonKey) {
        let body = state.settledBody(DocumentBody.self).body
        let ids = state.changes.compactMap(\.sealed?.keyID)
        guard body.hasContent, body.hasFile, let key = try ids.lazy.compactMap({ try self.keys.key($0) }).first else {
            throw CaseStoreError(
                .keyNotHere,
                try keys.destroyed(among: ids).isEmpty
                    ? keyProblem ?? "The key that opens this file is not at this site: synchronise first."
                    : "What identifies this person was erased at this site, and the file with it."
            )
        }
        guard body.file.lengthBytes <= AttachmentCipher.fileBytes,
            AttachmentCipher.chunkCount(body.file.lengthBytes) == body.file.chunks
        else { throw RecordError(.illFormedValue, "The document says what no file can be.") }
        return (body.file, body.content, key)
    }

    private func copy(
        _ cipher: AttachmentCipher,
        _ file: StoredFile,
        _ content: FileContent,
        to target: NewFile,
        _ progress: (UInt64, UInt64) -> Void
    ) throws {
        let places = try query { try Self.chunks(of: cipher.id, $0) }
        var missing: [UInt64] = []
        var damaged: [UInt64] = []
        var damage: (any Error)?
        var whole = SHA256()
        for number in 0..<cipher.chunks {
            let candidates = places[number] ?? []
            var bytes: [UInt8]?
            for place in candidates where bytes == nil {
                switch try opened(place, number: number, cipher) {
                case .success(let found): bytes = found
                case .failure(let error): damage = damage ?? error
                }
            }
            let offset = number * UInt64(AttachmentCipher.chunkBytes)
            guard let bytes, UInt64(bytes.count) == min(UInt64(AttachmentCipher.chunkBytes), file.lengthBytes - offset)
            else {
                if candidates.isEmpty { missing.append(number) } else { damaged.append(number) }
                continue
            }
            whole.update(data: bytes)
            if missing.isEmpty, damaged.isEmpty, !bytes.isEmpty { try target.write(bytes) }
            progress(offset + UInt64(bytes.count), file.lengthBytes)
        }
        if !damaged.isEmpty || !missing.isEmpty {
            throw try incomplete(damaged: damaged, missing: missing, of: cipher.chunks, damage)
        }
        guard Array(whole.finalize()) == Array(content.sha256) else {
            throw StorageError(
                .corrupted,
                "The parts of this file do not make the file that was attached: none was written."
            )
        }
    }

    /// Why a file is not whole here: parts can not be read, were taken for lost, or have not arrived.
    private func incomplete(
        damaged: [UInt64],
        missing: [UInt64],
        of count: UInt64,
        _ damage: (any Error)?
    ) throws -> StorageError {
        let parts = Self.parts((damaged + missing).sorted(), of: count)
        // Behind damage the read model knows of nothing.
        let unread = try unreadFeeds()
        guard !damaged.isEmpty || !unread.isEmpty else {
            return StorageError(.notFound, "Of this file \(parts) have not arrived here: synchronise first.")
        }
        let isAccepted = try log.allIncidents().contains { incident in
            incident.kind == Incident.acceptedLossKind && unread.contains { $0.description == incident.feed }
        }
        let remedy =
            "bring it back from another site or a backup (`abscope log repair --from`), or export the file there."
        return StorageError(
            .corrupted,
            isAccepted
                ? "Of this file \(parts) are lost here, or lie behind what was taken for lost: \(remedy)"
                : "Of this file \(parts) can not be read here, and no wrong file was written: see `abscope log verify`;"
                    + " \(remedy)",
            cause: damage
        )
    }

    /// Feeds of pieces of which a part can not be read.
    private func unreadFeeds() throws -> [FeedID] {
        var found: [FeedID] = []
        for row in try log.frontier().rows where row.feed.lane == .attachments {
            let report = try log.verify(row.feed)
            if report?.lostPositions.isEmpty == false { found.append(row.feed) }
        }
        return found
    }

    /// `parts 3 to 5, 9 (of 200)`, at most a few of them.
    private static func parts(_ numbers: [UInt64], of count: UInt64) -> String {
        var ranges: [ClosedRange<UInt64>] = []
        for number in numbers.map({ $0 + 1 }) {
            if let last = ranges.last, last.upperBound + 1 == number {
                ranges[ranges.count - 1] = last.lowerBound...number
            } else {
                ranges.append(number...number)
            }
        }
        let shown = ranges.prefix(8).map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound) to \($0.upperBound)" }
        return "parts \(shown.joined(separator: ", "))\(ranges.count > 8 ? " and others" : "") (of \(count))"
    }
}
