import Foundation
import TestSupport
import Testing

/// Damage that another site mends, with the programs as people start them.
@Suite("Repair from another site", .serialized)
struct PeerRepairTests {
    /// Turns bytes of the first segment of a feed over.
    private func damage(_ site: Site, _ feed: String, at places: [Int]) throws {
        let folder = "\(site.store)/feeds/\(feed)"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix("seg") }.sorted()
        let path = "\(folder)/\(try #require(names.first))"
        var bytes = try SmallFile.read(path)
        for place in places { bytes[place] ^= 0xFF }
        try Data(bytes).write(to: URL(filePath: path))
    }

    /// The feed of records of a site, as another has it.
    private func records(of owner: Site, at site: Site) async throws -> String {
        let feeds = try await site.document(["log", "stats"])["feeds"] as? [[String: Any]] ?? []
        let row = feeds.first { $0["lane"] as? String == "records" && $0["site"] as? String == owner.alias }
        return try #require(row?["feed"] as? String)
    }

    @Test("Bytes of sealed segments that were turned over are whole again, while both sites go on recording")
    func sealedSegments() async throws {
        let registry = try await Registry.founded()
        let (hub, clinic) = (registry.hub, registry.clinic)
        let hubDaemon = try await registry.startHub()
        let clinicDaemon = try clinic.startDaemon()
        var known: [String] = []
        for number in 1...12 { known.append(try await clinic.addCase("Person \(number)")) }
        known.append(try await hub.addCase("Chen Wei"))
        try await registry.settle()
        try await clinic.must(["log", "seal", "--active"])
        let own = try await records(of: clinic, at: clinic)
        let copied = try await records(of: hub, at: clinic)
        try damage(clinic, own, at: [300, 700, 1_100])
        try damage(clinic, copied, at: [300])
        #expect(try await clinic.run(["log", "verify"]).status == 3)
        let dry = try await clinic.run(["log", "repair", "--from", "HUB", "--dry-run"])
        #expect(dry.status == 3)

        let repaired = try await clinic.run(["log", "repair", "--from", "hub"])
        #expect(repaired.status == 0, "\(repaired.output)\(repaired.errors)")
        #expect(repaired.errors.contains("Asking HUB"))
        #expect(repaired.output.contains("CL records: "), "\(repaired.output)")
        #expect(repaired.output.contains("HUB records: "), "\(repaired.output)")
        #expect(repaired.output.contains("are back"))
        let verified = try await clinic.run(["log", "verify"])
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
        #expect(try await Set(clinic.cases()) == Set(known))
        #expect(try await clinic.must(["log", "quarantine", "list"]).contains("records"))

        // Everything goes on: in the same epoch, and both ways.
        let mine = try await clinic.addCase("Sun Lei")
        let theirs = try await hub.addCase("Li Na")
        try await registry.settle()
        #expect(try await Set(clinic.cases()) == Set(known + [mine, theirs]))
        #expect(try await records(of: clinic, at: clinic) == own)
        #expect(try await clinicDaemon.terminate() == 0)
        #expect(try await hubDaemon.terminate() == 0)
        for said in [try clinicDaemon.errors, try hubDaemon.errors] {
            #expect(!said.contains("refused") && !said.contains("contradict"), "\(said)")
        }
    }

    @Test("No daemon, a site nobody knows, one that is not there, and one that does not hold it: each is said")
    func refusals() async throws {
        let registry = try await Registry.founded()
        let clinic = registry.clinic
        var hubDaemon = try await registry.startHub()
        let clinicDaemon = try clinic.startDaemon()
        for number in 1...3 { try await clinic.addCase("Person \(number)") }
        try await registry.settle()
        #expect(try await hubDaemon.terminate() == 0)
        // What the hub has never seen.
        for number in 4...6 { try await clinic.addCase("Person \(number)") }
        try await clinic.must(["log", "seal", "--active"])
        let own = try await records(of: clinic, at: clinic)
        try damage(clinic, own, at: [300])

        func repair(_ source: String) async throws -> ProgramRun {
            try await clinic.run(["log", "repair", "--from", source])
        }
        let away = try await repair("HUB")
        #expect(away.status == 75, "\(away.output)\(away.errors)")
        #expect(away.errors.contains("HUB is not connected"), "\(away.errors)")
        let nobody = try await repair("NOWHERE")
        #expect(nobody.status == 66, "\(nobody.output)\(nobody.errors)")
        #expect(nobody.errors.contains("\"NOWHERE\"") && nobody.errors.contains("HUB"), "\(nobody.errors)")
        #expect(try await repair("CL").status == 66, "a site is no source for itself")

        hubDaemon = try await registry.startHub()
        let lacking = try await repair("HUB")
        #expect(lacking.status == 3, "\(lacking.output)\(lacking.errors)")
        #expect(lacking.output.contains("not there, or not what was here"), "\(lacking.output)")
        #expect(try await clinicDaemon.terminate() == 0)

        let alone = try await repair("HUB")
        #expect(alone.status == 69, "\(alone.output)\(alone.errors)")
        #expect(alone.errors.contains("does not run"), "\(alone.errors)")
        #expect(try await hubDaemon.terminate() == 0)
    }
}
