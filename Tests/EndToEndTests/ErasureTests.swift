import Foundation
import TestSupport
import Testing

/// An erasure on its way to another site, over sockets and by hand.
@Suite("A person who is erased")
struct ErasureTests {
    /// Whether a file of the store holds the name as the read model searches for it.
    private func holdsName(_ site: Site, _ name: String) throws -> Bool {
        let needle = Data(name.lowercased().utf8)
        let files = FileManager.default.enumerator(atPath: site.store)
        while let file = files?.nextObject() as? String {
            // A file of the read model may go while it is looked at.
            guard let bytes = FileManager.default.contents(atPath: site.store + "/" + file) else { continue }
            if bytes.range(of: needle) != nil { return true }
        }
        return false
    }

    @Test("Erased at one site, the daemon of the other destroys the keys by itself, and no bundle brings them back")
    func reachesTheOtherSite() async throws {
        let registry = try await Registry.founded()
        let (hub, clinic) = (registry.hub, registry.clinic)
        let hubDaemon = try await registry.startHub()
        let clinicDaemon = try clinic.startDaemon()
        let number = try await clinic.addCase("Yrsa Quill")
        let other = try await clinic.addCase("Sun Lei")
        try await until("the name is at the hub") {
            try await hub.run(["case", "find"], input: "Yrsa\n").output.contains(number)
        }
        try await registry.settle()
        #expect(try holdsName(hub, "yrsa"))
        // Whoever carries these has the key with him.
        let toClinic = hub.folder.path + "/old.bundle"
        let toHub = clinic.folder.path + "/old.bundle"
        try await hub.must(["bundle", "export", toClinic, "--for", "CL", "--everything"])
        try await clinic.must(["bundle", "export", toHub, "--for", "HUB", "--everything"])

        let refused = try await clinic.run(["person", "erase", number, "--reason", "asked for"])
        #expect(refused.status == 64, "\(refused.errors)")
        try await clinic.must(["person", "erase", number, "--reason", "asked for", "--yes", number])
        try await until("the name is gone at the clinic") { try !holdsName(clinic, "yrsa") }
        // No command is run at the hub before its daemon has done it.
        try await until("the daemon of the hub has erased the name") { try !holdsName(hub, "yrsa") }
        try await until("the clinic knows that it arrived") {
            let shown = try await clinic.run(["person", "show", number])
            return shown.status == 0 && shown.output.contains("has arrived at: HUB")
        }
        let shown = try await hub.must(["case", "show", number])
        #expect(shown.contains("Erased on ") && shown.contains("Wang Li at CL: asked for"), "\(shown)")
        #expect(shown.contains("(erased here)"))

        for (site, file) in [(clinic, toClinic), (hub, toHub)] {
            let taken = try await site.document(["bundle", "import", file])
            #expect(taken["new_keys"] as? Int == 0, "\(taken)")
            #expect(try await !site.run(["case", "find"], input: "Yrsa\n").output.contains(number))
            #expect(try await site.run(["case", "find"], input: "Sun Lei\n").output.contains(other))
            #expect(try !holdsName(site, "yrsa"))
        }
        #expect(try await clinicDaemon.terminate() == 0)
        #expect(try await hubDaemon.terminate() == 0)
    }

    @Test("A bundle carries an erasure, and a site that was restored from before it does it again when it hears")
    func byHand() async throws {
        let registry = try await Registry.founded()
        let (hub, clinic) = (registry.hub, registry.clinic)
        let number = try await clinic.addCase("Yrsa Quill")
        func carry(_ name: String) async throws -> [String: Any] {
            let file = clinic.folder.path + "/" + name
            try await clinic.must(["bundle", "export", file, "--for", "HUB", "--everything"])
            return try await hub.document(["bundle", "import", file])
        }
        // The clinic hears of the hub's place in the roster first.
        let word = hub.folder.path + "/word"
        try await hub.must(["bundle", "export", word, "--for", "CL"])
        try await clinic.must(["bundle", "import", word])
        #expect(try await carry("1")["new_keys"] as? Int == 1)
        // Whoever asks next brings the read model up to it.
        #expect(try await hub.run(["case", "find"], input: "Yrsa\n").output.contains(number))
        #expect(try holdsName(hub, "yrsa"))
        guard let key = try await hub.document(["backup", "--new-key"])["backup_key"] as? String else {
            throw Hindrance("backup --new-key names no key")
        }
        try await hub.must(["backup", hub.folder.path + "/backup"])
        try await clinic.must(["person", "erase", number, "--reason", "asked for", "--yes", number])
        #expect(try await carry("2")["new_keys"] as? Int == 0)
        #expect(try !holdsName(hub, "yrsa"))

        // The backup knows the key and not the erasure.
        let restored = try Site("HUB")
        try await restored.must(
            ["restore", hub.folder.path + "/backup", restored.store],
            input: "key: \(key)\n"
        )
        #expect(try await restored.run(["case", "find"], input: "Yrsa\n").output.contains(number))
        let file = clinic.folder.path + "/2"
        _ = try await restored.run(["bundle", "import", file])
        #expect(try await !restored.run(["case", "find"], input: "Yrsa\n").output.contains(number))
        #expect(try !holdsName(restored, "yrsa"))
    }
}
