package import CaseModel
import Foundation
import GRDB
import LogFormat
import LogStore
import Schema
import StoreIO

// Files of a case.
extension CaseStore {
    /// Entries of one commit of an attachment: about half a MiB, so that a record waits no longer than for that.
    private static let chunksPerCommit = 32

    /// Attaches a file to a case: its pieces go to lane 3 in small commits, then the document to the records.
    ///
    /// Nothing of it is shown before the document is there. A call that was interrupted is simply made again: pieces
    /// that are here, from it or from another site, are not written twice. Memory does not grow with the file, but for
    /// 32 bytes a piece.
    ///
    /// - Parameters:
    ///   - path: A regular file, absolute.
    ///   - name: What the file is called.
    ///   - title: What it is, in words; sealed like the name.
    ///   - caseRecord: The case.
    ///   - operatorRecord: Who attaches.
    ///   - program: Name and version.
    ///   - isDryRun: Read and check everything, write nothing.
    ///   - progress: Bytes done, and bytes in all.
    /// - Returns: What was done.
    /// - Throws: `StorageError` with `.tooLarge`, `.moved` when the file changed meanwhile, `.notFound`, `.invalidArgument`; `RecordError` when
    ///   the case names no person; ``CaseStoreError`` with `.keyNotHere`, `.keys`.
    package func attach(
        file path: String,
        name: String,
        title: String?,
        to caseRecord: RecordID,
        operatorRecord: RecordTarget?,
        program: String,
        isDryRun: Bool = false,
        progress: (UInt64, UInt64) -> Void = { _, _ in }
    ) throws -> AttachResult {
        if let refusal = log.writeRefusal { throw refusal }
        let owner = try attachmentOwner(of: caseRecord)
        if try surroundings.fileSystem.status(path)?.kind == .other {
            throw StorageError(
                .invalidArgument,
                "This is no regular file but a device, a pipe or a socket: name a file.",
                at: .init(path: path)
            )
        }
        let file = try surroundings.fileSystem.openFile(path, .read)
        let digests = try FileDigests(file)
        let cipher = AttachmentCipher(person: owner.key, digest: digests.digest, lengthBytes: digests.lengthBytes)
        var result = AttachResult(lengthBytes: digests.lengthBytes, chunksWritten: 0, chunks: cipher.chunks)
        if let earlier = try documentStates(of: caseRecord).first(where: {
            $0.standing == .standing && Array($0.settledBody(DocumentBody.self).body.file.attachment) == cipher.id
        }) {
            result.earlier = earlier.id
            return result
        }
        var body = DocumentBody()
        body.file.attachment = Data(cipher.id)
        body.file.lengthBytes = digests.lengthBytes
        body.file.chunks = cipher.chunks
        var sealed = DocumentBody()
        if let title { sealed.title.value = title }
        sealed.content.name = name
        sealed.content.sha256 = Data(digests.digest)
        var recording = Recording(
            changes: [try .create(.document, body, in: .existing(caseRecord))],
            identity: [0: try sealed.encodedBytes()],
            operatorRecord: operatorRecord,
            isDryRun: isDryRun
        )
        recording.keys[0] = owner
        if isDryRun {
            _ = try record(recording, program: program)
            return result
        }
        // Before anything is sealed with it.
        _ = try keys.keep([owner.key], origin: nil, isNews: false)
        result.chunksWritten = try write(digests, of: file, cipher, progress)
        result.entry = try record(recording, program: program)
        return result
    }

    /// Appends the pieces that are not here.
    private func write(
        _ digests: FileDigests,
        of file: any OpenFile,
        _ cipher: AttachmentCipher,
        _ progress: (UInt64, UInt64) -> Void
    ) throws -> UInt64 {
        try catchUp()
        let here = try query { try Self.chunks(of: cipher.id, $0) }
        var commit: [[UInt8]] = []
        var written: UInt64 = 0
        func flush() throws(StorageError) {
            guard !commit.isEmpty else { return }
            _ = try log.append(commit, to: .attachments)
            written += UInt64(commit.count)
            commit = []
        }
        for number in 0..<cipher.chunks {
            if try !isHere(Int(number), digests, cipher, here[number] ?? []) {
                commit.append(try cipher.seal(try digests.chunk(Int(number), of: file), number: number))
                if commit.count == Self.chunksPerCommit { try flush() }
            }
            progress(min((number + 1) * UInt64(AttachmentCipher.chunkBytes), digests.lengthBytes), digests.lengthBytes)
        }
        try flush()
        return written
    }

    /// Whether one of these entries is the piece, and can be read.
    private func isHere(
        _ number: Int,
        _ digests: FileDigests,
        _ cipher: AttachmentCipher,
        _ places: [EntryReference]
    ) throws -> Bool {
        for place in places {
            guard case .success(let bytes) = try opened(place, number: UInt64(number), cipher) else { continue }
            if digests.isChunk(number, bytes) { return true }
        }
        return false
    }

    /// A piece from its place; a failure when it is damaged or no such piece.
    func opened(
        _ place: EntryReference,
        number: UInt64,
        _ cipher: AttachmentCipher
    ) throws(StorageError) -> Result<[UInt8], any Error> {
        let entry: [UInt8]
        do throws(StorageError) {
            // The seal proves the piece; its block lies in memory for the next one.
            entry = try log.entry(of: place.feed, at: place.position)
        } catch {
            guard error.code == .corrupted || error.code == .notFound else { throw error }
            return .failure(error)
        }
        do throws(RecordError) {
            return .success(try cipher.open(entry, number: number))
        } catch {
            return .failure(error)
        }
    }

    /// The person of a case and the key that seals what is theirs; a new key for a person who has none.
    private func attachmentOwner(of caseRecord: RecordID) throws -> Recording.OwnerKey {
        guard let person = try person(of: caseRecord) else {
            throw RecordError(
                .illFormedValue,
                "A file is sealed with the key of the person of the case, and this case names no person, or its person has"
                    + " not arrived yet.",
                remedy: "Synchronise first, or resolve the conflict about the person."
            )
        }
        try refuseErased(person.id)
        // Of the person, else of what was attached before for a person without a name.
        let ids =
            person.changes.compactMap(\.sealed?.keyID)
            + (try documentStates(of: caseRecord)).flatMap { $0.changes.compactMap(\.sealed?.keyID) }
        for id in ids {
            if let key = try keys.key(id) { return Recording.OwnerKey(person: person.id, key: key) }
        }
        guard ids.isEmpty else {
            throw CaseStoreError(
                .keyNotHere,
                try keys.destroyed(among: ids).isEmpty
                    ? keyProblem
                        ?? "The key of this person is not at this site: synchronise first, or attach the file where the"
                        + " person was registered."
                    : "What identifies this person was erased at this site, and files are not attached again."
            )
        }
        guard let key = PersonKey(surroundings.random.bytes(PersonKey.lengthBytes)) else {
            throw CaseStoreError(.keys, "The random source gave too few bytes for a key.")
        }
        return Recording.OwnerKey(person: person.id, key: key)
    }

    func documentStates(of caseRecord: RecordID) throws -> [RecordState] {
        try states(of: caseRecord).filter { $0.kind == .document }
    }

    /// Where the pieces of an attachment lie, by number.
    static func chunks(of attachment: [UInt8], _ table: RecordTable) throws -> [UInt64: [EntryReference]] {
        var places: [UInt64: [EntryReference]] = [:]
        let rows = try Row.fetchCursor(
            table.db,
            sql:
                "SELECT number, feed, position, digest_prefix FROM chunk WHERE attachment = ? ORDER BY number, feed, position",
            arguments: [Data(attachment)]
        )
        while let row = try rows.next() {
            let (number, feed, position, prefix): (Int64, Int64, Int64, Int64) = (row[0], row[1], row[2], row[3])
            places[UInt64(bitPattern: number), default: []].append(
                EntryReference(
                    feed: try table.feed(feed),
                    position: UInt64(bitPattern: position),
                    digestPrefix: UInt64(bitPattern: prefix)
                )
            )
        }
        return places
    }
}
