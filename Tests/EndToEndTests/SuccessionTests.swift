import Foundation
import TestSupport
import Testing

/// Sites that are revoked, and administrators that follow one another, with both programs.
@Suite("Revocation and succession", .serialized)
struct SuccessionTests {
    /// What a site's list says of another.
    private func listed(_ alias: String, at site: Site) async throws -> [String: Any]? {
        let rows = try await site.document(["site", "list"])["sites"] as? [[String: Any]] ?? []
        return rows.first { $0["alias"] as? String == alias }
    }

    private func administrator(at site: Site) async throws -> String? {
        let rows = try await site.document(["site", "list"])["sites"] as? [[String: Any]] ?? []
        return rows.first { $0["administrator"] as? Bool == true }?["alias"] as? String
    }

    /// Carries what one site has to another as a file.
    private func carry(_ name: String, from one: Site, to other: Site) async throws {
        let file = one.folder.path + "/" + name
        let made = try await one.run(["bundle", "export", file, "--for", other.alias])
        guard made.status == 0 || made.status == 1 else { throw Hindrance("export: \(made.status) \(made.errors)") }
        try await other.must(["bundle", "import", file])
    }

    @Test(
        "a revoked site is cut off at once, what it records after that reaches nobody, and can be listed to be entered again"
    )
    func revocation() async throws {
        let registry = try await Registry.founded()
        let (hub, clinic) = (registry.hub, registry.clinic)
        let notice = hub.folder.path + "/cut-offs"
        let hubDaemon = try await registry.startHub()
        let clinicDaemon = try clinic.startDaemon()
        let first = try await clinic.addCase("Zhao Min")
        try await registry.settle()
        let before = try await hub.frontier()

        let revoke = ["site", "revoke", "CL", "--reason", "laptop stolen", "--output", notice]
        #expect(try await hub.run(revoke).status == 64, "nobody confirmed")
        #expect(try await hub.run(revoke + ["--yes", "HUB"]).status == 64)
        #expect(try await hub.run(["site", "revoke", "HUB", "--reason", "x", "--yes", "HUB"]).status == 77)
        #expect(try await hub.run(["site", "revoke", "XX", "--reason", "x", "--yes", "XX"]).status == 65)
        #expect(try await clinic.run(["site", "revoke", "HUB", "--reason", "x", "--yes", "HUB"]).status == 77)
        let tried = try await hub.must(revoke + ["--dry-run"])
        #expect(tried.contains("CL records: up to entry 2"))
        #expect(try await hub.run(["site", "salvage", "CL"]).status == 65, "it is not revoked")
        #expect(try await hub.frontier() == before)
        #expect(!FileManager.default.fileExists(atPath: notice))

        let revoked = try await hub.document(revoke + ["--yes", "cl"])
        #expect(revoked["revoked"] as? Bool == true)
        #expect((revoked["cut_offs"] as? [[String: Any]])?.contains { $0["lane"] as? String == "records" } == true)
        let later = try await clinic.addCase("Qian Hua")
        try await until("the clinic is turned away") {
            let run = try await clinic.run(["sync", "status", "--json"])
            let sites = try Site.document(run.output)["sites"] as? [[String: Any]] ?? []
            return sites.contains { $0["connected"] as? Bool == false }
        }
        #expect(try await hubDaemon.terminate() == 0)
        #expect(try hubDaemon.errors.contains("revoked"))
        #expect(try await clinicDaemon.terminate() == 0)
        #expect(try await hub.cases() == [first])
        let row = try #require(try await listed("CL", at: hub))
        #expect(row["revoked"] as? Bool == true && row["reason"] as? String == "laptop stolen")
        #expect(row["entries_beyond_cut_off"] as? Int == 0)
        #expect(try await hub.document(["site", "revoke", "CL", "--yes", "CL"])["revoked"] as? Bool == false)
        #expect(try await hub.document(["site", "salvage", "CL"])["changes"] as? [String] == [])

        // At the revoked site, with the administrator's text.
        #expect(try await clinic.run(["site", "salvage"]).status == 64)
        #expect(try await clinic.run(["site", "salvage", "HUB", "--cut-offs", notice]).status == 65)
        let list = clinic.folder.path + "/list"
        try await clinic.must(["site", "salvage", "--cut-offs", notice, "--output", list])
        let text = String(decoding: try SmallFile.read(list), as: UTF8.self)
        #expect(text.contains(later) && text.contains("Qian Hua"))
        #expect(!text.contains(first) && !text.contains("Zhao Min"))
        #expect(try await clinic.run(["site", "salvage", "--cut-offs", notice, "--output", list]).status == 73)
        let changes = try await clinic.document(["site", "salvage", "--cut-offs", notice])["changes"]
        #expect((changes as? [[String: Any]])?.isEmpty == false)
        #expect(try await clinic.run(["site", "salvage", "--cut-offs", hub.folder.path + "/none"]).status == 66)
    }

    @Test("the office is handed over, back and taken with the paper; who lost it writes nothing that counts")
    func succession() async throws {
        let hub = try Site("HUB")
        let founded = try await hub.document(["init", "--site", "HUB", "--found", "Lung registry"])
        let key = try #require(founded["recovery_key"] as? String)
        #expect(key.split(separator: " ").count == 18)
        let (clinic, other) = (try await Site.made("CL"), try await Site.made("TH"))
        func admit(_ site: Site, by administrator: Site) async throws {
            let (request, invitation) = (site.folder.path + "/request", site.folder.path + "/invitation")
            let asked = try await site.document(["site", "request", "--output", request])
            let words = try #require(asked["fingerprint"] as? String)
            try await administrator.must(
                ["site", "admit", request, "--fingerprint", words, "--output", invitation]
            )
            try await site.must(["site", "join", invitation])
        }
        for site in [clinic, other] { try await admit(site, by: hub) }
        for site in [clinic, other] { try await carry("first for \(site.alias)", from: hub, to: site) }

        #expect(try await clinic.run(["site", "change", "TH", "--reads", "CL"]).status == 77)
        #expect(try await hub.run(["site", "change", "TH"]).status == 64)
        try await hub.must(["site", "change", "TH", "--reads", "CL", "--address", "th.example:7117"])
        #expect(try await listed("TH", at: hub)?["reads"] as? [String] == ["CL"])
        #expect(try await listed("TH", at: hub)?["addresses"] as? [String] == ["th.example:7117"])
        try await hub.must(["site", "change", "TH", "--reads-all"])
        #expect(try await listed("TH", at: hub)?["reads"] as? [String] == [])

        #expect(try await hub.run(["site", "handover", "CL"]).status == 64)
        #expect(try await hub.run(["site", "handover", "HUB", "--yes", "HUB"]).status == 77)
        try await hub.must(["site", "handover", "CL", "--yes", "CL"])
        #expect(try await administrator(at: hub) == "CL")
        #expect(try await hub.run(["site", "change", "TH", "--reads-all"]).status == 77)
        try await carry("handover", from: hub, to: clinic)
        #expect(try await administrator(at: clinic) == "CL")
        let newcomer = try await Site.made("NN")
        try await admit(newcomer, by: clinic)
        // The founder is whom its invitation lets it know.
        try await carry("of the newcomer", from: clinic, to: hub)
        try await carry("welcome", from: hub, to: newcomer)
        #expect(try await administrator(at: newcomer) == "CL")
        #expect(try await listed("NN", at: newcomer)?["this_site"] as? Bool == true)

        // Of those who administered, the last one's computer is the one to ask about.
        let heard = try Site("TH")
        try FileManager.default.copyItem(atPath: other.store, toPath: heard.store)
        try await carry("handover for TH", from: hub, to: heard)
        // The copy goes on in an epoch of its own.
        try await heard.addCase()
        let taken = try await heard.run(["site", "recover"], input: "key: \(key)\n")
        #expect(taken.status == 0 && taken.output.contains("abscope site revoke CL"), "\(taken.output)\(taken.errors)")

        // TH has the paper, and has not heard of the handover.
        let recover = ["site", "recover"]
        #expect(try await other.run(recover, input: "key: 1234\n").status == 65)
        let mistyped = (key.hasSuffix("0") ? key.dropLast() + "1" : key.dropLast() + "0")
        #expect(try await other.run(recover, input: "key: \(mistyped)\n").status == 65)
        let wrong = String(repeating: "01", count: 32)
        #expect(try await other.run(recover, input: "key: \(wrong)\n").status == 77)
        try await other.must(recover + ["--dry-run"], input: "key: \(key)\n")
        #expect(try await administrator(at: other) == "HUB")
        try await other.must(recover, input: "key: \(key)\n")
        #expect(try await administrator(at: other) == "TH")
        #expect(try await other.run(recover, input: "key: \(key)\n").status == 65, "it is the administrator")
        for site in [hub, clinic] {
            try await carry("recovered for \(site.alias)", from: other, to: site)
            #expect(try await administrator(at: site) == "TH")
            // What the paper's holder had not heard of does not count, nowhere.
            #expect(try await listed("NN", at: site) == nil)
        }
        let lists = try await [hub, clinic, other].asyncMap { site in
            (try await site.document(["site", "list"])["sites"] as? [[String: Any]] ?? [])
                .compactMap { $0["alias"] as? String }.sorted()
        }
        #expect(Set(lists).count == 1)
        try await other.must(["site", "revoke", "HUB", "--reason", "lost", "--yes", "HUB"])
        #expect(try await listed("HUB", at: other)?["revoked"] as? Bool == true)
    }
}

extension Sequence where Element: Sendable {
    fileprivate func asyncMap<Value>(_ change: (Element) async throws -> Value) async throws -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await change(element)) }
        return values
    }
}
