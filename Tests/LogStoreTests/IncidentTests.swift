import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

@Suite("Incidents")
struct IncidentTests {
    @Test(
        "A writer that is killed while it notes an incident leaves nothing that is in the way of later commands",
        arguments: [DiskFault.killBefore, .killDuring, .killAfter]
    )
    func killed(fault: DiskFault) throws {
        var fixture = try StoreFixture()
        let store = try fixture.open()
        try fixture.append("a", with: store)
        try fixture.disk.remove(store.record.markerPath)
        let plan = FaultPlan { $0.operation == .write && $0.path.contains("/incidents/") ? fault : nil }
        let dying = try fixture.open("dying", faults: plan)
        #expect(try failure { _ = try dying.append([[1]], to: .records) }.code == .halted)
        for disk in [fixture.disk.killed(), fixture.disk.crashed(.keepAll)] {
            let next = try fixture.on(disk).open("next")
            #expect(try next.append([[2]], to: .records).map(\.position) == [1])
            #expect(next.epoch != store.epoch)
            #expect(try next.incidents().map(\.kind) == ["epoch"])
        }
    }

    @Test("An incident that can not be read is one itself and hides no other")
    func damagedIncident() throws {
        let fixture = try StoreFixture()
        let store = try fixture.open()
        try fixture.disk.remove(store.record.markerPath)
        _ = try store.append([[1]], to: .records)
        let paths = try fixture.disk.tree(store.paths.incidents)
        let process = fixture.disk.process()
        try process.createFile("\(store.paths.incidents)/00.incident", with: [1, 2, 3])
        #expect(paths.count == 1)
        #expect(try store.incidents().map(\.kind) == ["damage", "epoch"])
    }
}

@Suite("Closing incidents")
struct IncidentClosingTests {
    private func store(_ fixture: StoreFixture) throws -> (LogStore, Incident) {
        let store = try fixture.open()
        try fixture.disk.remove(store.record.markerPath)
        _ = try store.append([[1]], to: .records)
        return (store, try #require(try store.incidents().first))
    }

    @Test("A closed incident is kept with who closed it, when and how, and is repeated no more")
    func closing() throws {
        let fixture = try StoreFixture()
        let (store, incident) = try store(fixture)
        try store.closeIncident(incident.id, by: "li", how: "Looked at it.\nAll well.")
        #expect(try store.incidents() == [])
        let kept = try #require(try store.allIncidents().first)
        #expect(kept.closing?.by == "li")
        #expect(kept.closing?.how == "Looked at it. All well.")
        #expect(kept.text == incident.text)
        #expect(try store.closeIncident(incident.id, by: "wang", how: "again") == kept)
        #expect(try failure { _ = try store.closeIncident("../SITE", by: nil, how: "") }.code == .notFound)
        #expect(try fixture.on(fixture.disk.crashed(.dropAll)).open().allIncidents() == [kept])
    }

    @Test("Every crash while an incident is closed leaves it open or closed, whole")
    func crashes() throws {
        let fixture = try StoreFixture(seed: 12)
        let (store, incident) = try store(fixture)
        try store.close()
        let judged = try CrashSweep(singleItems: 3, seededCuts: 2).run(on: fixture.disk) {
            _ = try store.closeIncident(incident.id, by: "li", how: "done")
        } judge: { after, _ in
            let found = try Incident.all(at: StorePaths(root: StoreFixture.root), in: after.process("judge"))
            guard found.count == 1, found[0].text == incident.text, !found[0].isUnreadable else {
                throw Wrong("\(found)")
            }
        }
        #expect(judged > 10)
    }

    @Test("An incident that can not be read goes to quarantine when it is closed")
    func unreadable() throws {
        let fixture = try StoreFixture()
        let store = try fixture.open()
        try fixture.disk.process().createFile("\(store.paths.incidents)/00.incident", with: [1, 2, 3])
        #expect(try store.verifyAll().isDamaged)
        #expect(try store.closeIncident("00", by: "li", how: "garbled") == nil)
        #expect(try store.allIncidents() == [])
        #expect(try fixture.quarantine().count == 1)
        #expect(try !store.verifyAll().isDamaged)
    }
}
