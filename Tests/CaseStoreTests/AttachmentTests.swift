import CaseModel
import Crypto
import Foundation
import Glibc
import LogFormat
import LogStore
import Schema
import StoreIO
import TestSupport
import Testing

@testable import CaseStore

@Suite("Attached files")
struct AttachmentTests {
    private let clinic: Clinic
    private let caseRecord: RecordID

    init() throws {
        clinic = try Clinic()
        caseRecord = try clinic.addCase(named: "陈大文")
    }

    private func file(_ bytes: [UInt8], _ name: String = "form.pdf") throws -> String {
        let path = clinic.folder.path + "/" + name
        try SmallFile.write(bytes, to: path)
        return path
    }

    /// No two pieces alike.
    private func content(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 / 15_000) }
    }

    @discardableResult
    private func attach(_ path: String, title: String? = "signed consent", in store: CaseStore? = nil) throws
        -> AttachResult
    {
        try (store ?? clinic.store).attach(
            file: path,
            name: "Chen Dawen.pdf",
            title: title,
            to: caseRecord,
            operatorRecord: clinic.operatorRecord,
            program: Clinic.program
        )
    }

    /// Turns a bit in the middle of the segment that holds the files' parts.
    ///
    /// - Returns: The segment's path, and what it held.
    private func damageSegment() throws -> (path: String, whole: [UInt8]) {
        let feed = FeedID(site: clinic.log.site, epoch: clinic.log.epoch, lane: .attachments)
        let folder = clinic.log.paths.feed(feed)
        let names = try clinic.surroundings.fileSystem.listDirectory(folder)
        let path = "\(folder)/\(try #require(names.first { $0.hasSuffix(".seg") }))"
        let whole = try SmallFile.read(path)
        var damaged = whole
        damaged[20_000] ^= 1
        try SmallFile.write(damaged, to: path)
        return (path, whole)
    }

    private func document(_ store: CaseStore? = nil) throws -> AttachedDocument {
        let documents = try (store ?? clinic.store).documents(of: caseRecord)
        try #require(documents.count == 1)
        return documents[0]
    }

    @Test(
        "A file comes back byte for byte, whatever its length",
        arguments: [0, 1, 15_359, 15_360, 15_361, 15_360 * 32, 15_360 * 33 + 7]
    )
    func roundTrip(count: Int) throws {
        let bytes = content(count)
        let result = try attach(try file(bytes))
        #expect(result.chunks == max(1, UInt64(count + 15_359) / 15_360))
        #expect(result.chunksWritten == result.chunks && result.lengthBytes == UInt64(count))
        let document = try document()
        #expect(document.isComplete && document.name == "Chen Dawen.pdf" && document.title == "signed consent")
        let path = clinic.folder.path + "/out.pdf"
        #expect(try clinic.store.export(document.record, to: path) == UInt64(count))
        #expect(try SmallFile.read(path) == bytes)
        let thrown = #expect(throws: StorageError.self) { _ = try clinic.store.export(document.record, to: path) }
        #expect(thrown?.code == .alreadyExists)
        #expect(
            try clinic.surroundings.fileSystem.listDirectory(clinic.folder.path).allSatisfy { !$0.contains(".part") }
        )
    }

    @Test("Neither content nor name nor title lies readable in the log or in the read model")
    func sealed() throws {
        try attach(try file(Array(repeating: Array("Chen Dawen has pneumonitis. ".utf8), count: 900).flatMap(\.self)))
        for row in try clinic.log.frontier().rows {
            for entry in try clinic.log.entries(of: row.feed, after: 0, limitBytes: 1 << 24) {
                for secret in ["pneumonitis", "Chen Dawen", "signed consent"] {
                    #expect(!entry.bytes.contains(Array(secret.utf8)))
                }
            }
        }
        for name in try clinic.surroundings.fileSystem.listDirectory(clinic.view) where name.contains(".sqlite") {
            #expect(try !SmallFile.read("\(clinic.view)/\(name)").contains(Array("pneumonitis".utf8)))
        }
    }

    @Test("The same file is stored once for a person, and recorded once in a case")
    func once() throws {
        let path = try file(content(40_000))
        try attach(path)
        let again = try attach(path, title: "the same")
        #expect(again.entry == nil && again.chunksWritten == 0)
        #expect(again.earlier == (try document()).record)
        let state = try #require(try clinic.store.state(of: document().record))
        try clinic.record(.retract(state, reason: "wrong title"))
        #expect(try clinic.store.documents(of: caseRecord).isEmpty)
        let renewed = try attach(path)
        #expect(renewed.entry != nil && renewed.chunksWritten == 0, "its pieces were there")
        #expect(try document().isComplete)
    }

    @Test("What was interrupted shows nothing, and goes on where it was")
    func resumes() throws {
        let bytes = content(15_360 * 5 + 1)
        let person = try #require(try clinic.store.person(of: caseRecord))
        let id = try #require(person.changes.compactMap(\.sealed?.keyID).first)
        let key = try #require(try clinic.store.keys.key(id))
        let cipher = AttachmentCipher(
            person: key,
            digest: Array(SHA256.hash(data: bytes)),
            lengthBytes: UInt64(bytes.count)
        )
        for number in [0, 1, 3] {
            let chunk = Array(bytes[number * 15_360..<(number + 1) * 15_360])
            _ = try clinic.log.append([try cipher.seal(chunk, number: UInt64(number))], to: .attachments)
        }
        // And one that is none.
        var garbage = AttachmentChunk()
        garbage.attachment = Data(cipher.id)
        garbage.number = 4
        garbage.ciphertext = Data(repeating: 1, count: 200)
        _ = try clinic.log.append([try garbage.encodedBytes(), [255, 255, 1]], to: .attachments)
        try clinic.store.catchUp()
        #expect(try clinic.store.documents(of: caseRecord).isEmpty)
        #expect(clinic.store.missingEntries == 0)
        let path = try file(bytes)
        #expect(try attach(path).chunksWritten == 3)
        let out = clinic.folder.path + "/out"
        _ = try clinic.store.export(try document().record, to: out)
        #expect(try SmallFile.read(out) == bytes)
    }

    @Test("Another site lists what has not arrived, names it instead of writing a file, and reads it when it has")
    func travels() throws {
        let bytes = content(100_000)
        try attach(try file(bytes))
        let other = try Clinic(alias: "HUB")
        try clinic.carryRecords(to: other, lanes: [.roster, .urgent, .records])
        #expect(try document(other.store).name == nil, "its key is not here")
        #expect(throws: CaseStoreError.self) {
            _ = try other.store.export(document(other.store).record, to: other.folder.path + "/out")
        }
        try clinic.carryKeys(to: other)
        #expect(try document(other.store).chunksHere == 0)
        let thrown = #expect(throws: StorageError.self) {
            _ = try other.store.export(document(other.store).record, to: other.folder.path + "/out")
        }
        #expect(thrown?.code == .notFound && thrown?.message.contains("parts 1 to 7 (of 7)") == true)
        #expect(try !other.surroundings.fileSystem.exists(other.folder.path + "/out"))
        try clinic.carryRecords(to: other)
        _ = try other.store.export(try document(other.store).record, to: other.folder.path + "/out")
        #expect(try SmallFile.read(other.folder.path + "/out") == bytes)
    }

    @Test("A damaged part is named, and nothing is written")
    func damaged() throws {
        try attach(try file(content(60_000)))
        _ = try damageSegment()
        let thrown = #expect(throws: StorageError.self) {
            _ = try clinic.another().export(document().record, to: clinic.folder.path + "/out")
        }
        #expect(thrown?.code == .corrupted && thrown?.message.contains("parts") == true)
        #expect(try !clinic.surroundings.fileSystem.exists(clinic.folder.path + "/out"))
    }

    @Test("Parts that were taken for lost are said to be lost, before and after the read model is built anew")
    func lost() throws {
        try attach(try file(content(60_000)))
        let (segment, whole) = try damageSegment()
        func export() throws -> StorageError? {
            #expect(throws: StorageError.self) {
                _ = try clinic.another().export(document().record, to: clinic.folder.path + "/out")
            }
        }
        let report = try clinic.log.verifyAll()
        #expect(report.feeds.contains { $0.isDamaged })
        #expect(try clinic.log.acceptLoss(of: report, by: "li", reason: "no copy").isEmpty == false)
        #expect(try clinic.log.verifyAll().feeds.allSatisfy { !$0.isDamaged })
        for isAnew in [false, true] {
            if isAnew { try clinic.surroundings.fileSystem.unlink("\(clinic.view)/CURRENT") }
            let thrown = try export()
            #expect(thrown?.code == .corrupted, "\(String(describing: thrown))")
            #expect(thrown?.message.contains("taken for lost") == true, "\(String(describing: thrown))")
        }
        // And one that is repaired all the same is whole.
        try SmallFile.write(whole, to: segment)
        let length = try clinic.another().export(document().record, to: clinic.folder.path + "/out")
        #expect(length == 60_000)
    }

    @Test("A file that changes while it is attached is refused, and one that is too large is not begun")
    func refused() throws {
        let path = try file(content(40_000))
        let opened = try clinic.surroundings.fileSystem.openFile(path, .readWrite)
        let digests = try FileDigests(opened)
        try opened.write([0, 0, 0, 0], at: 20_000)
        _ = try digests.chunk(0, of: opened)
        #expect(#expect(throws: StorageError.self) { _ = try digests.chunk(1, of: opened) }?.code == .moved)
        try #require(unsafe truncate(path, off_t(AttachmentCipher.fileBytes) + 1) == 0)
        #expect(#expect(throws: StorageError.self) { try attach(path) }?.code == .tooLarge)
        #expect(try clinic.log.frontier().rows.allSatisfy { $0.feed.lane != .attachments })
        #expect(#expect(throws: StorageError.self) { try attach(clinic.folder.path + "/none") }?.code == .notFound)
    }

    @Test("A record that is made meanwhile does not wait for the file, only for one commit of it")
    func notDelayed() throws {
        let path = try file(content(15_360 * 100))
        let other = try clinic.another()
        var recorded = 0
        let result = try clinic.store.attach(
            file: path,
            name: "scan",
            title: nil,
            to: caseRecord,
            operatorRecord: clinic.operatorRecord,
            program: Clinic.program
        ) { done, _ in
            // On the thread of the attachment: it would wait for ever if the store were taken.
            guard done % (15_360 * 20) == 0 else { return }
            do {
                let entry = try other.record(try clinic.newCase(named: "B"), program: Clinic.program)
                if entry != nil { recorded += 1 }
            } catch {
                Issue.record("\(error)")
            }
        }
        #expect(recorded == 5 && result.chunksWritten == 100)
        #expect(try document().isComplete)
    }

    @Test("A record is not validated again because pieces of a file came in between, and is because a record did")
    func piecesMoveNothing() throws {
        for (lane, expected) in [(Lane.attachments, 1), (.records, 2)] {
            var built = 0
            let entry = try clinic.store.record(program: Clinic.program) {
                built += 1
                if built == 1, lane == .attachments { _ = try clinic.log.append([[1], [2]], to: lane) }
                if built == 1, lane == .records {
                    _ = try clinic.another().record(try clinic.newCase(named: "C"), program: Clinic.program)
                }
                return try clinic.newCase(named: "B")
            }
            #expect(entry != nil && built == expected)
        }
    }

    @Test("A dry run writes nothing")
    func dryRun() throws {
        let before = try clinic.log.frontier()
        _ = try clinic.store.attach(
            file: try file(content(40_000)),
            name: "scan",
            title: nil,
            to: caseRecord,
            operatorRecord: clinic.operatorRecord,
            program: Clinic.program,
            isDryRun: true
        )
        #expect(try clinic.log.frontier() == before)
    }

    @Test("The read model built anew holds the same files, and none of their bytes")
    func rebuild() throws {
        try attach(try file(content(300_000)))
        let before = try document()
        try clinic.store.rebuild()
        let after = try document()
        #expect(after.record == before.record && after.isComplete)
    }
}
