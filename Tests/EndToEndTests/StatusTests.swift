import Foundation
import SyncProtocol
import TestSupport
import Testing

/// What is said of other sites, with a daemon and without.
@Suite("Standing of other sites", .timeLimit(.minutes(10)))
struct StatusTests {
    private func notesPath(_ site: Site) -> URL { URL(filePath: site.store + "/" + PeerNotes.fileName) }

    private func notes(_ site: Site) throws -> PeerNotes { try PeerNotes(Array(try Data(contentsOf: notesPath(site)))) }

    /// The row of another site in `sync status --json`; nil when it is not listed.
    private func row(_ alias: String, _ run: ProgramRun) throws -> [String: Any]? {
        let sites = try Site.document(run.output)["sites"] as? [[String: Any]] ?? []
        return sites.first { $0["alias"] as? String == alias }
    }

    /// How long ago a site was heard from, by what `today` says of the cases that rest on it.
    private func heard(_ site: Site) async throws -> Int? {
        let lines =
            try Site.document(try await site.run(["today", "--json"]).output)["lines"] as? [[String: Any]] ?? []
        return lines.first.flatMap { $0["rests_on"] as? [[String: Any]] }?.first?["heard_seconds_ago"] as? Int
    }

    @Test("without a daemon `sync status` and `today` go by what the last one wrote down, and without that by the log")
    func withoutDaemon() async throws {
        let registry = try await Registry.founded()
        let (hub, clinic) = (registry.hub, registry.clinic)
        let never = try await clinic.run(["sync", "status"])
        #expect(never.status == 69 && never.output.contains("never"))
        try await hub.addCourse(to: try await hub.addCase())
        let daemons = [try await registry.startHub(), try clinic.startDaemon()]
        try await until("in sync by the clinic's own word") {
            try row("HUB", try await clinic.run(["sync", "status", "--json"]))?["status"] as? String == "in sync"
        }
        try await registry.settle()
        for daemon in daemons.reversed() { #expect(try await daemon.terminate() == 0) }

        var kept = try notes(clinic)
        kept.writtenMilliseconds -= 7_200_000
        try Data(kept.encoded).write(to: notesPath(clinic))
        let said = try await clinic.run(["sync", "status"])
        #expect(said.status == 69 && said.output.contains("2 h"), "\(said.output)")
        let known = try #require(try row("HUB", try await clinic.run(["sync", "status", "--json"])))
        #expect(known["status"] as? String == "ended" && known["connected"] as? Bool == false)
        #expect((known["age_seconds"] as? Int).map { (7_200..<7_500).contains($0) } == true)
        #expect((known["in_sync_age_seconds"] as? Int).map { (7_200..<7_500).contains($0) } == true)

        // By the newest entry of the hub, which is younger.
        try await until("a second has passed") { try await heard(clinic).map { (1..<7_200).contains($0) } == true }
        // A later meeting than that entry, by a clock that was set back since: nothing grows younger than it was.
        kept.writtenMilliseconds += 1_000_000_000
        for index in kept.peers.indices { kept.peers[index].inSyncAgeSeconds = 0 }
        try Data(kept.encoded).write(to: notesPath(clinic))
        #expect(try await heard(clinic) == 0)

        try Data("damaged".utf8).write(to: notesPath(clinic))
        for command in [["sync", "status"], ["today"]] {
            let damaged = try await clinic.run(command)
            #expect(damaged.errors.contains("can not be read and is left out"), "\(damaged.errors)")
            #expect(!damaged.output.contains("2 h"))
        }
        #expect(try await heard(clinic).map { $0 > 0 } == true)
    }

    @Test("a site that never came is never heard from, with a daemon and without")
    func neverHeard() async throws {
        let registry = try await Registry.founded()
        let daemon = try await registry.startHub()
        try await until("the daemon answers") { try await registry.hub.run(["sync", "status"]).status == 0 }
        let running = try await registry.hub.run(["sync", "status", "--json"])
        #expect(try row("CL", running)?["age_seconds"] is NSNull)
        let shown = try await registry.hub.run(["sync", "status"]).output.split(separator: "\n")
        #expect(shown.contains { $0.contains("CL") && $0.contains("never") }, "\(shown)")
        #expect(try await daemon.terminate() == 0)
        let store = try await registry.hub.run(["sync", "status"]).output.split(separator: "\n")
        #expect(store.contains { $0.contains("CL") && $0.contains("never") }, "\(store)")
        #expect(!store.contains { $0.contains("HUB") && $0.contains("never") }, "\(store)")
    }

    /// What `case show` says of where a case has arrived.
    private func delivery(_ number: String, at site: Site) async throws -> (text: String, document: [String: Any]) {
        let shown = try await site.run(["case", "show", number])
        let document = try await site.document(["case", "show", number])
        return (shown.output, try #require(document["delivery"] as? [String: Any]))
    }

    @Test(
        "a case says at which sites it is, also at those this site never speaks to, and every site knows of all others"
    )
    func delivery() async throws {
        let registry = try await Registry.founded()
        let clinic = registry.clinic
        let third = try await Site.made("TH")
        try await registry.admit(third)
        let number = try await clinic.addCase("Zhao Min")
        let before = try await delivery(number, at: clinic)
        #expect(before.text.contains("Only here"))
        #expect(before.document["only_here"] as? Int == before.document["recorded_here"] as? Int)
        #expect(before.document["all_at"] as? [String] == [])

        let hubDaemon = try await registry.startHub()
        let clinicDaemon = try clinic.startDaemon()
        try await until("the clinic hears that the hub has it") {
            try await delivery(number, at: clinic).document["all_at"] as? [String] == ["HUB"]
        }
        #expect(try await delivery(number, at: clinic).text.contains("is also at HUB."))
        let thirdDaemon = try third.startDaemon()
        try await until("the third has it") { try await third.cases() == [number] }
        #expect(try await thirdDaemon.terminate() == 0)
        try await until("the clinic hears from the hub that the third has it") {
            Set(try await delivery(number, at: clinic).document["all_at"] as? [String] ?? []) == ["HUB", "TH"]
        }
        let known = try #require(try row("TH", try await clinic.run(["sync", "status", "--json"])))
        #expect(known["reported_by"] as? String == "HUB" && known["status"] as? String == "not connected")
        #expect((known["age_seconds"] as? Int).map { $0 < 120 } == true && known["lacks_of_ours"] as? Int == 0)
        let fleet = try await clinic.run(["sync", "status", "--fleet"])
        #expect(fleet.status == 0 && fleet.output.contains("says HUB"), "\(fleet.output)")

        // What nobody has is told from what arrived.
        #expect(try await hubDaemon.terminate() == 0)
        try await clinic.addCourse(to: number)
        let after = try await delivery(number, at: clinic)
        #expect(after.document["only_here"] as? Int == 1 && after.text.contains("are only here"))
        #expect(after.text.split(separator: "\n").contains { $0.hasSuffix("only here") && !$0.contains(number) })
        let status = try await clinic.run(["sync", "status", "--json"])
        #expect(status.status == 0, "\(status.output)")
        #expect(try await clinicDaemon.terminate() == 0)
        // Without a daemon the same is known.
        #expect(try await delivery(number, at: clinic).document["only_here"] as? Int == 1)
        var kept = try notes(clinic)
        kept.writtenMilliseconds -= 80 * 3_600_000
        try Data(kept.encoded).write(to: notesPath(clinic))
        let late = try await clinic.run(["sync", "status"])
        #expect(late.output.contains("HUB was not heard for 3 d 8 h."), "\(late.output)")
        #expect(late.output.contains("1 entry recorded here is not known to be anywhere else yet."), "\(late.output)")
        let calm = try await clinic.run(["sync", "status", "--silent-hours", "100", "--unsent-hours", "0"])
        #expect(!calm.output.contains("was not heard"), "\(calm.output)")
        #expect(try await clinic.run(["sync", "status", "--silent-hours", "-1"]).status == 64)
    }
}
