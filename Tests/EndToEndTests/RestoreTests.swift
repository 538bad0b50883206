import Foundation
import LogFormat
import TestSupport
import Testing

/// Stores that were lost, restored, copied and moved, with both programs on a real disk.
@Suite("Restored and copied stores", .serialized)
struct RestoreTests {
    private func copy(_ options: String, _ source: String, _ target: String, of site: Site) async throws {
        let run = try await site.run(
            program: "/bin/cp",
            bytes: [options, source, target].map { Array($0.utf8) }
        )
        guard run.status == 0 else { throw Hindrance("cp failed: \(run.errors)") }
    }

    private func backupKey(_ site: Site) async throws -> String {
        guard let key = try await site.document(["backup", "--new-key"])["backup_key"] as? String else {
            throw Hindrance("no key was made")
        }
        return key
    }

    @Test("What a restored site had recorded after its backup comes back from the hub, and nothing is written over")
    func comesBack() async throws {
        let registry = try await Registry.founded()
        let clinic = registry.clinic
        let hubDaemon = try await registry.startHub()
        var clinicDaemon = try clinic.startDaemon()
        let first = try await clinic.addCase("Zhao Min")
        let key = try await backupKey(clinic)
        let backup = clinic.folder.path + "/stick"
        try await clinic.must(["backup", backup])
        let later = try await clinic.addCase("Qian Hua")
        try await registry.settle()
        #expect(try await clinicDaemon.terminate() == 0)
        // Recorded, and seen by nobody else: that is lost with the disk, as the restore says.
        let unseen = try await clinic.addCase("Sun Li")
        try FileManager.default.moveItem(atPath: clinic.store, toPath: clinic.store + ".lost")
        let told = try await clinic.must(["restore", backup, clinic.store], input: "key: \(key)\n")
        #expect(told.contains("new epoch") && told.contains("comes back when the daemon has contact"))
        #expect(try await clinic.cases() == [first])
        let after = try await clinic.addCase("Li Na")
        #expect(after != later && after != unseen)
        clinicDaemon = try clinic.startDaemon()
        try await registry.settle()
        #expect(try await Set(clinic.cases()) == [first, later, after])
        #expect(try await Set(registry.hub.cases()) == [first, later, after])
        #expect(try await clinic.must(["case", "show", later]).contains("Qian Hua"), "with its name")
        #expect(try await clinic.run(["log", "verify"]).status == 0)
        #expect(try await clinicDaemon.terminate() == 0)
        #expect(try await hubDaemon.terminate() == 0)
    }

    /// How many epochs a store went through, and whether a command tells of it.
    private func incidents(_ site: Site, _ store: String) async throws -> Int {
        let run = try await site.run(["operator", "list", "--store", store])
        return run.errors.split(separator: "\n").count { $0.contains("new epoch") }
    }

    private func record(_ site: Site, _ store: String) async throws -> String {
        let made = try await site.document(["case", "add", "--store", store, "--stage", "II"], input: "name: X\n")
        return made["case"] as? String ?? ""
    }

    @Test("Copies, also over a removed store and over the store itself, are noticed before they write, and only once")
    func copies() async throws {
        let site = try await Site.made("GY")
        let store = site.store
        let first = try await record(site, store)
        try await copy("-a", store, store + ".copy", of: site)
        let original = try await record(site, store)
        #expect(try await incidents(site, store) == 0)
        let copied = try await record(site, store + ".copy")
        #expect(copied != original && copied != first)
        #expect(try await incidents(site, store + ".copy") == 1)
        _ = try await record(site, store + ".copy")
        #expect(try await incidents(site, store + ".copy") == 1)
        // Removed, and an old copy put in its place: its files may get the inodes of the old ones.
        try await copy("-a", store, store + ".old", of: site)
        let lost = try await record(site, store)
        try FileManager.default.removeItem(atPath: store)
        try await copy("-a", store + ".old", store, of: site)
        let restored = try await record(site, store)
        #expect(restored != lost)
        #expect(try await incidents(site, store) == 1)
        // And over the files themselves.
        let again = try await record(site, store)
        try await copy("-aT", store + ".old", store, of: site)
        let over = try await record(site, store)
        #expect(![again, restored, lost].contains(over))
        #expect(try await site.run(["log", "verify"]).status == 0)
    }

    @Test("A store that is renamed on its disk goes on; one that lost its state opens one epoch and goes on")
    func moves() async throws {
        let site = try await Site.made("GY")
        let moved = site.store + ".moved"
        _ = try await record(site, site.store)
        try FileManager.default.moveItem(atPath: site.store, toPath: moved)
        _ = try await record(site, moved)
        #expect(try await incidents(site, moved) == 0)
        let text = String(decoding: try SmallFile.read(moved + "/SITE"), as: UTF8.self)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("marker ") })
        try FileManager.default.removeItem(atPath: String(line.dropFirst(7)))
        _ = try await record(site, moved)
        _ = try await record(site, moved)
        #expect(try await incidents(site, moved) == 1)
    }
}
