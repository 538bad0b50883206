import TestSupport
import Testing

/// What of a site is held where, before it is revoked.
@Suite("What of a site is held where")
struct HoldingsTests {
    @Test("An administrator sees what only others hold of a site, and does not revoke it before that is here")
    func holdings() async throws {
        let registry = try await Registry.founded()
        let (hub, clinic) = (registry.hub, registry.clinic)
        let other = try await Site.made("TH")
        try await registry.admit(other)
        var number = 0
        func carry(_ from: Site, _ to: Site, _ options: [String] = []) async throws {
            number += 1
            let file = from.folder.path + "/\(number).bundle"
            try await from.must(["bundle", "export", file, "--for", to.alias] + options)
            _ = try await to.run(["bundle", "import", file])
        }
        for site in [clinic, other] { try await carry(hub, site) }
        try await clinic.addCase()
        try await carry(clinic, other)
        // The hub hears what the third site holds, and gets none of the clinic's.
        try await carry(other, hub, ["--of", "TH"])
        let shown = try await hub.run(["site", "holdings", "CL"])
        #expect(shown.status == 1, "\(shown.errors)")
        #expect(shown.output.contains("TH holds 2 entries of CL records that are not here"), "\(shown.output)")
        let document = try await hub.run(["site", "holdings", "CL", "--json"])
        #expect(document.output.contains("\"all_here\":false"), "\(document.output)")
        let revoke = ["site", "revoke", "CL", "--reason", "laptop stolen", "--yes", "CL", "--holdings"]
        let refused = try await hub.run(revoke)
        #expect(refused.status == 75 && refused.errors.contains("Nothing was revoked"), "\(refused.errors)")

        try await carry(other, hub, ["--everything"])
        #expect(try await hub.document(["site", "holdings", "CL"])["all_here"] as? Bool == true)
        try await hub.must(revoke)
    }
}
