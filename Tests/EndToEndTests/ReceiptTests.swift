import Foundation
import TestSupport
import Testing

/// What is said of where entries are, and of what is left, once other sites have answered.
@Suite("Receipts")
struct ReceiptTests {
    private func row(_ alias: String, at site: Site, _ command: String = "status") async throws -> [String: Any] {
        let run = try await site.run(["sync", command, "--json"])
        let sites = try Site.document(run.output)["sites"] as? [[String: Any]] ?? []
        return try #require(sites.first { $0["alias"] as? String == alias }, "\(run.output)\(run.errors)")
    }

    private func carry(_ name: String, from one: Site, to other: Site, _ options: String...) async throws {
        let file = one.folder.path + "/" + name
        let made = try await one.run(["bundle", "export", file, "--for", other.alias] + options)
        guard made.status == 0 || made.status == 1 else { throw Hindrance("export: \(made.status) \(made.errors)") }
        try await other.must(["bundle", "import", file])
    }

    private struct Where {
        var recordedHere: Int
        var onlyHere: Int
        var allAt: [String]
    }

    private func whereIs(_ number: String, at site: Site) async throws -> Where {
        let shown = try await site.document(["case", "show", number])
        let delivery = try #require(shown["delivery"] as? [String: Any])
        return Where(
            recordedHere: try #require(delivery["recorded_here"] as? Int),
            onlyHere: try #require(delivery["only_here"] as? Int),
            allAt: try #require(delivery["all_at"] as? [String])
        )
    }

    @Test("a bundle back says where a case is, and a case whose file is not there yet is not called whole there")
    func byBundle() async throws {
        let registry = try await Registry.founded()
        let (hub, clinic) = (registry.hub, registry.clinic)
        let number = try await clinic.addCase()
        let scan = clinic.folder.path + "/scan.pdf"
        var generator = SplitMix64(seed: 9)
        try Data(generator.bytes(600_000)).write(to: URL(filePath: scan))
        try await clinic.must(["attach", number, scan])
        try await carry("roster", from: hub, to: clinic)
        let before = try await whereIs(number, at: clinic)
        #expect(before.onlyHere == before.recordedHere && before.allAt.isEmpty, "\(before)")

        try await carry("part", from: clinic, to: hub, "--max-size", "400k")
        try await carry("back", from: hub, to: clinic)
        let half = try await whereIs(number, at: clinic)
        #expect(half.recordedHere == before.recordedHere)
        #expect(half.onlyHere > 0 && half.onlyHere < half.recordedHere && half.allAt.isEmpty, "\(half)")
        let shown = try await clinic.run(["case", "show", number])
        #expect(shown.output.contains("are only here") && shown.output.contains("  only here"), "\(shown.output)")

        var round = 0
        while try await hub.frontier() != clinic.frontier(), round < 6 {
            round += 1
            try await carry("more-\(round)", from: clinic, to: hub)
            try await carry("back-\(round)", from: hub, to: clinic)
        }
        let whole = try await whereIs(number, at: clinic)
        #expect(whole.onlyHere == 0 && whole.allAt == ["HUB"], "\(whole)")
        let status = try await clinic.run(["sync", "status", "--json"])
        #expect(try Site.document(status.output)["only_here"] as? Int == 0, "\(status.output)")
        // What is recorded after that is not there.
        try await clinic.must(["case", "amend", number, "--stage", "IIIB", "--reason", "review of the CT"])
        #expect(try await whereIs(number, at: clinic).onlyHere == 1)
    }

    @Test("what is left to send to a site that is not connected is what `sync plan` says, and grows")
    func offline() async throws {
        let registry = try await Registry.founded()
        let clinic = registry.clinic
        let hubDaemon = try await registry.startHub()
        let clinicDaemon = try clinic.startDaemon()
        try await clinic.addCase()
        try await registry.settle()
        #expect(try await hubDaemon.terminate() == 0)
        try await until("the clinic knows") { try await row("HUB", at: clinic)["connected"] as? Bool == false }
        try await until("what the hub held is noted") {
            guard try await row("HUB", at: clinic, "plan")["known"] as? Bool == true else { return false }
            return try await row("HUB", at: clinic)["entries_to_send"] as? Int == 0
        }
        try await clinic.addCase("Qian Hua")
        let left = try #require(try await row("HUB", at: clinic)["entries_to_send"] as? Int)
        #expect(left > 0)
        #expect(try await row("HUB", at: clinic, "plan")["entries_to_send"] as? Int == left)
        #expect(try await clinicDaemon.terminate() == 0)
        #expect(try await row("HUB", at: clinic)["entries_to_send"] as? Int == left, "without a daemon too")
    }

    @Test("a revoked site goes on saying why it is turned away, however often it dials")
    func revoked() async throws {
        let registry = try await Registry.founded()
        let (hub, clinic) = (registry.hub, registry.clinic)
        let hubDaemon = try await registry.startHub()
        let clinicDaemon = try clinic.startDaemon(["--log-level", "info"])
        let number = try await clinic.addCase()
        try await registry.settle()
        try await until("the clinic knows") { try await whereIs(number, at: clinic).allAt == ["HUB"] }
        try await hub.must(["site", "revoke", "CL", "--reason", "laptop stolen", "--yes", "CL"])
        try await until("the clinic is told") { try clinicDaemon.errors.contains("revoked") }
        // The next dial is refused before a word is said.
        try await until("it dialled again") { try clinicDaemon.errors.contains("disconnected") }
        let closed = try await row("HUB", at: clinic)["closed"] as? String
        #expect(closed?.contains("revoked") == true, "\(closed ?? "nothing")")
        let status = try await clinic.run(["sync", "status"])
        #expect(status.status == 1 && status.output.contains("HUB turns this site away"), "\(status.output)")
        #expect(try await whereIs(number, at: clinic).allAt == ["HUB"], "what arrived stays there")
        let sites = try await hub.document(["sync", "status"])["sites"] as? [[String: Any]]
        #expect(sites?.isEmpty == true, "who was revoked is to stay away")
        #expect(try await clinicDaemon.terminate() == 0)
        // Whoever records there is told.
        let added = try await clinic.run(["case", "add"], input: "name: Qian Hua\n")
        #expect(added.status == 0 && added.errors.contains("HUB turns this site away"), "\(added.errors)")
        #expect(try await hubDaemon.terminate() == 0)
    }

    @Test("a site whose key was revoked while it was away finds out that it is turned away without a word")
    func revokedWhileAway() async throws {
        let registry = try await Registry.founded()
        let (hub, clinic) = (registry.hub, registry.clinic)
        let hubDaemon = try await registry.startHub()
        let first = try clinic.startDaemon()
        try await clinic.addCase()
        try await registry.settle()
        #expect(try await first.terminate() == 0)
        try await hub.must(["site", "revoke", "CL", "--reason", "laptop stolen", "--yes", "CL"])
        let second = try clinic.startDaemon()
        try await until("it has been turned away again and again") {
            (try await row("HUB", at: clinic)["closed"] as? String)?.contains("without a word") == true
        }
        let status = try await clinic.run(["sync", "status"])
        #expect(
            status.status == 1 && status.output.contains("HUB ends each connection without a word"),
            "\(status.output)"
        )
        #expect(try await second.terminate() == 0)
        #expect(try await hubDaemon.terminate() == 0)
    }

    @Test("an open incident of this site is a finding of `sync status`")
    func incident() async throws {
        let registry = try await Registry.founded()
        let clinic = registry.clinic
        func findings(_ site: Site) async throws -> [String] {
            let run = try await site.run(["sync", "status", "--json"])
            return try #require(try Site.document(run.output)["findings"] as? [String])
        }
        #expect(try await findings(clinic) == [])
        let copy = try Site(clinic.alias)
        try FileManager.default.copyItem(atPath: clinic.store, toPath: copy.store)
        // Before anything is recorded `doctor` says what will be noticed.
        let doctor = try await copy.run(["doctor"])
        #expect(doctor.status == 1 && doctor.output.contains("This may not be the store"), "\(doctor.output)")
        #expect(try await findings(copy) == [])
        let added = try await copy.document(["case", "add"], input: "name: Zhao Min\n")
        let first = try #require(added["reference"] as? String)
        #expect(first.wholeMatch(of: /CL\.[A-Z]{2}\.2\.1-[0-9a-f]{8}/) != nil, "as all later ones: \(first)")
        #expect(try await copy.run(["doctor"]).output.contains("This may not be the store") == false)
        #expect(try await findings(copy).contains { $0.contains("open incident") })
    }
}
