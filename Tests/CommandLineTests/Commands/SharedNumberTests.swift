import CaseModel
import LogFormat
import LogStore
import Schema
import StoreIO
import TestSupport
import Testing

@testable import CaseStore
@testable import abscope

/// Two cases with one number: nobody is picked, and each can be reached.
@Suite("A number that several cases have")
struct SharedNumberTests {
    private let folder: TemporaryDirectory
    private let session: Session
    private let cases: [RecordID]

    init() throws {
        folder = try TemporaryDirectory()
        let surroundings = try folder.surroundings()
        let log = try LogStore.create(at: folder.path + "/s", alias: "GY", in: surroundings)
        // As another program may write it; ours creates one case an entry.
        var change = Change()
        change.kind = RecordKind.case.rawValue
        change.action = .create
        var entry = Entry()
        entry.changes = [change, change]
        let written = try #require(try log.append([try entry.encodedBytes()], to: .records).first)
        cases = [RecordID(entry: written), RecordID(entry: written, change: 1)]
        session = Session(
            console: Console(isJSON: true),
            storePath: folder.path + "/s",
            surroundings: surroundings,
            input: StandardInput(descriptor: -1)
        )
    }

    @Test("each is reached by the reference the refusal names, with and without its digest")
    func reached() throws {
        let clinic = try session.clinic()
        let number = try clinic.caseNumber(cases[0])
        let error = try #require(throws: RecordError.self) { try session.caseRecord(number, in: clinic) }
        #expect(error.message.contains("2 cases"))
        let named = error.message.split(whereSeparator: { " ,".contains($0) }).map(String.init)
            .filter { $0.hasPrefix("GY.") }.map { $0.hasSuffix(".") ? String($0.dropLast()) : $0 }
        #expect(named.count == 2)
        #expect(try named.map { try session.caseRecord($0, in: clinic) } == cases)
        #expect(try cases.map { try session.caseRecord(clinic.names.reference($0), in: clinic) } == cases)
        #expect(try session.caseRecord("GY.2.1", in: clinic) == cases[0])
        #expect(try session.caseRecord("GY.2.1+1", in: clinic) == cases[1])
        #expect(throws: Failure.self) { try session.caseRecord("GY.2.1+2", in: clinic) }
    }
}
