import Crypto
import Foundation
import LogFormat
import Schema
import Testing

@testable import SyncProtocol

@Suite("The number of a recovery")
struct RecoveryNumberTests {
    @Test("There is a last one, after which the registry is not recovered again")
    func last() throws {
        let fixture = try RosterFixture(3, seed: 22)
        var script = RosterScript(fixture)
        try script.found(admitting: 2)
        let rows = [fixture.row(fixture.feed(0), script.end(of: fixture.feed(0)))]
        let entry = try fixture.appointment(of: 1, cutOffs: rows, in: try script.roster)
        var body = try #require(try EntryBody(entry).body)
        body.recovery.number = .max - 1
        let statement = body.recovery.statement(in: try script.roster.registry)
        body.recovery.signature = Data(try fixture.recovery.signature(for: statement))
        script.append(EntryBody.entry(body), to: fixture.feed(1))
        #expect(try script.roster.recoveries == .max - 1)
        let last = try fixture.appointment(of: 1, cutOffs: rows, in: try script.roster)
        script.append(last, to: fixture.feed(1))
        let now = try script.roster
        #expect(now.recoveries == .max && now.administrator == fixture.id(1))
        #expect(throws: SyncError.self) { try fixture.appointment(of: 1, cutOffs: rows, in: now) }
    }
}
