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
