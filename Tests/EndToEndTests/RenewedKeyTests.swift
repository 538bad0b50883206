import Foundation
import TestSupport
import Testing

/// A site that goes on with a new key: its alias means both keys, or the one that counts.
@Suite("A site with a new key")
struct RenewedKeyTests {
    private func id(of site: Site) async throws -> String {
        let asked = try await site.document(["site", "request"])
        return try #require(asked["site"] as? String)
    }

    @Test("bundles for it are for the new key, bundles of it hold the entries of both, and its operators stay")
    func bundles() async throws {
        // The new one is listed behind the old one, where the first that fits would be the revoked one.
        var keys: [(id: String, site: Site)] = []
        for _ in 0..<2 {
            let site = try Site("CL")
            try await site.must(["init", "--site", "CL"])
            keys.append((try await id(of: site), site))
        }
        keys.sort { $0.id < $1.id }
        let (oldID, newID) = (keys[0].id, keys[1].id)
        let (old, new) = (keys[0].site, keys[1].site)
        try await old.must(["operator", "add"], input: "name: Wang Li\n")
        let registry = try await Registry.founded(with: old)
        let hub = registry.hub
        let third = try await Site.made("TH")
        try await registry.admit(third)
        try await hub.must(["bundle", "export", hub.folder.path + "/first", "--for", "CL"])
        try await old.must(["bundle", "import", hub.folder.path + "/first"])
        let first = try await old.addCase("Zhao Min")
        try await old.must(["bundle", "export", old.folder.path + "/last", "--for", "HUB", "--everything"])
        try await hub.must(["bundle", "import", old.folder.path + "/last"])
        let (request, invitation) = (new.folder.path + "/request", new.folder.path + "/invitation")
        let asked = try await new.document(["site", "request", "--output", request])
        let words = try #require(asked["fingerprint"] as? String)
        let admit = ["site", "admit", request, "--continues", "CL", "--address", registry.address]
        try await hub.must(admit + ["--fingerprint", words, "--output", invitation])
        try await new.must(["site", "join", invitation])

        let roster = hub.folder.path + "/roster.bundle"
        let made = try await hub.run(["bundle", "export", roster, "--for", "CL", "--of", "HUB", "--of", "CL"])
        #expect(made.status == 0 || made.status == 1, "\(made.output)\(made.errors)")
        try await new.must(["bundle", "import", roster])
        #expect(try await new.cases() == [first])
        // Who was added with the old key is known here, and adds the next.
        let second = try await new.addCase("Qian Hua")
        try await new.must(["operator", "add"], input: "name: Sun Lei\n")
        try await new.must(["bundle", "export", new.folder.path + "/next", "--for", "HUB"])
        try await hub.must(["bundle", "import", new.folder.path + "/next"])
        #expect(try await Set(hub.cases()) == [first, second])

        let of = try await hub.run(["bundle", "export", hub.folder.path + "/of", "--for", "TH", "--of", "CL", "--json"])
        let feeds = try Site.document(of.output)["feeds"] as? [[String: Any]] ?? []
        let sites = Set(feeds.compactMap { ($0["feed"] as? String).map { String($0.prefix(32)) } })
        #expect(sites == [oldID, newID], "\(of.output)")
    }

    @Test("a site that joined before anybody was added there adds its first operator by nobody's leave")
    func firstOperator() async throws {
        let registry = try await Registry.founded()
        let hub = registry.hub
        let bare = try Site("TH")
        try await bare.must(["init", "--site", "TH"])
        try await registry.admit(bare)
        try await hub.must(["bundle", "export", hub.folder.path + "/all", "--for", "TH"])
        try await bare.must(["bundle", "import", hub.folder.path + "/all"])
        #expect(try await bare.must(["operator", "list"]).contains("Wang Li"), "the hub's operator is known")
        #expect(try await bare.run(["case", "add", "--stage", "IIIA"], input: "name: Zhao Min\n").status == 78)
        let dry = try await bare.run(["operator", "add", "--dry-run"], input: "name: Qian Hua\n")
        #expect(dry.status == 0, "\(dry.errors)")
        try await bare.must(["operator", "add"], input: "name: Qian Hua\n")
        try await bare.addCase("Zhao Min")
        #expect(try await bare.run(["log", "verify"]).status == 0)
    }
}
