import SyncProtocol
import TestSupport

/// What suites about administrators begin with.
protocol FoundedRoster {
    var fixture: RosterFixture { get }
    /// Of the founder, with sites 0 to 2 admitted.
    var start: RosterScript { get }
}

extension FoundedRoster {
    static func founded() throws -> (RosterFixture, RosterScript) {
        let fixture = try RosterFixture(6, seed: 21)
        var script = RosterScript(fixture)
        try script.found(admitting: 3)
        return (fixture, script)
    }

    /// The founder hands over to site 1.
    func handedOver() throws -> RosterScript {
        var script = start
        let entry = try fixture.draft.handover(to: fixture.id(1), others: [], in: try script.roster)
        script.append(entry, to: fixture.feed(0))
        return script
    }

    func isListed(_ index: Int, _ script: RosterScript) throws -> Bool {
        try script.roster[fixture.id(index)] != nil
    }
}
