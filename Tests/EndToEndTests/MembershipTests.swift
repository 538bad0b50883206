import Foundation
import TestSupport
import Testing

/// Enrolment and conflicts, with the command line alone and with daemons.
@Suite("Members of a registry")
struct MembershipTests {
    /// The members of each site that `site list` tells.
    private func sites(at site: Site) async throws -> [[String: Any]] {
        try await site.document(["site", "list"])["sites"] as? [[String: Any]] ?? []
    }

    @Test("a site is admitted by its own words only, its invitation is good for it only, and a dry run changes nothing")
    func enrolment() async throws {
        let hub = try await Site.made("HUB", "--found", "Lung registry")
        let clinic = try await Site.made("CL")
        let other = try await Site.made("TH")
        let (request, invitation) = (clinic.folder.path + "/request", clinic.folder.path + "/invitation")
        let asked = try await clinic.document(["site", "request", "--role", "clinic", "--output", request])
        let words = try #require(asked["fingerprint"] as? String)
        let admit = ["site", "admit", request, "--address", "127.0.0.1:7117", "--output", invitation]
        let before = try await hub.frontier()

        #expect(try await hub.run(admit).status == 64, "in a pipe the words have to be given")
        let others = try #require(try await other.document(["site", "request"])["fingerprint"] as? String)
        #expect(try await hub.run(admit + ["--fingerprint", others]).status == 77)
        #expect(try await clinic.run(admit + ["--fingerprint", words]).status != 0, "who is no member admits nobody")
        try await hub.must(admit + ["--fingerprint", words, "--dry-run"])
        #expect(try await hub.frontier() == before)
        #expect(!FileManager.default.fileExists(atPath: invitation))
        #expect(try await sites(at: hub).map { $0["alias"] as? String } == ["HUB"])

        try await hub.must(admit + ["--fingerprint", words.uppercased().replacing(" ", with: "-")])
        let listed = try await sites(at: hub)
        #expect(Set(listed.compactMap { $0["alias"] as? String }) == ["CL", "HUB"])
        #expect(listed.map { $0["revoked"] as? Bool } == [false, false])

        #expect(try await other.run(["site", "join", invitation]).status != 0, "it is for another site")
        #expect(try await other.run(["site", "list"]).status == 78, "it belongs to no registry")
        try await clinic.must(["site", "join", invitation, "--dry-run"])
        #expect(try await clinic.run(["site", "list"]).status == 78)
        let joined = try await clinic.document(["site", "join", invitation])
        #expect(joined["name"] as? String == "Lung registry" && joined["joined"] as? Bool == true)
        try await clinic.must(["site", "join", invitation])
        #expect(try await other.run(["site", "join", request]).status == 65, "a request is no invitation")
    }

    @Test("two sites amend one field apart; either sees the conflict, one decides, and it is over at both")
    func conflict() async throws {
        let registry = try await Registry.founded()
        let (hub, clinic) = (registry.hub, registry.clinic)
        #expect(try await clinic.run(["sync", "now"]).status == 69, "no daemon runs")
        let hubDaemon = try await registry.startHub()
        var clinicDaemon = try clinic.startDaemon()
        let number = try await clinic.addCase()
        try await until("the case is at the hub") { try await hub.cases() == [number] }
        #expect(try await clinicDaemon.terminate() == 0)

        for (site, stage) in [(clinic, "IIIB"), (hub, "IVA")] {
            try await site.must(["case", "amend", number, "--stage", stage, "--reason", "review of the CT"])
            #expect(try await site.run(["conflicts", "list"]).status == 0)
        }
        clinicDaemon = try clinic.startDaemon()
        try await registry.settle()
        var taken: String?
        for site in [clinic, hub] {
            let run = try await site.run(["conflicts", "list", "--json"])
            #expect(run.status == 1)
            let listed = try #require(try Site.document(run.output)["conflicts"] as? [[String: Any]])
            #expect(listed.map { $0["case"] as? String } == [number])
            #expect(listed.map { $0["field"] as? String } == ["stage"])
            taken = listed.first?["reference"] as? String
        }
        let reference = try #require(taken)

        // What is not decided is not recorded.
        #expect(try await hub.run(["conflicts", "resolve", reference, "--reason", "MDT"]).status == 64)
        #expect(try await hub.run(["conflicts", "resolve", reference, "--take", "3", "--reason", "MDT"]).status != 0)
        let before = try await hub.frontier()
        let take = ["conflicts", "resolve", reference, "--take", "2", "--reason", "MDT of 2026-11-20"]
        try await hub.must(take + ["--dry-run"])
        #expect(try await hub.frontier() == before)

        try await hub.must(take)
        try await hub.must(["sync", "now"])
        try await registry.settle()
        for site in [clinic, hub] { #expect(try await site.run(["conflicts", "list"]).status == 0) }
        var (here, there) = (
            try await clinic.document(["case", "show", number]), try await hub.document(["case", "show", number])
        )
        // The case is one; where what each of them recorded has arrived is not.
        for (site, document) in [(clinic, here), (hub, there)] {
            let recorded = (document["delivery"] as? [String: Any])?["recorded_here"] as? Int
            #expect(recorded ?? 0 > 0, "at \(site.alias)")
        }
        (here["delivery"], there["delivery"]) = (nil, nil)
        #expect(here as NSDictionary == there as NSDictionary)
        #expect(try await clinic.run(["conflicts", "resolve", reference, "--take", "1", "--reason", "x"]).status == 66)
        #expect(try await clinicDaemon.terminate() == 0)
        #expect(try await hubDaemon.terminate() == 0)
    }
}
