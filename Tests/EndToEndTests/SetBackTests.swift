import Foundation
import Glibc
import TestSupport
import Testing

/// A machine that is set back together with all that could show it, as a virtual one is, with both programs.
@Suite("Stores that were set back", .serialized)
struct SetBackTests {
    /// Every file of a folder, as it was.
    private struct Snapshot {
        private let root: String
        private var files: [String: [UInt8]] = [:]

        init(of root: String) throws {
            self.root = root
            for path in try Self.paths(root) { files[path] = try SmallFile.read(root + "/" + path) }
        }

        /// Puts it back into the same files, so that not even their inodes tell.
        func putBack() throws {
            for path in try Self.paths(root) where files[path] == nil {
                try FileManager.default.removeItem(atPath: root + "/" + path)
            }
            for (path, bytes) in files {
                let full = root + "/" + path
                let folder = String(full[..<(full.lastIndex(of: "/") ?? full.endIndex)])
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                if let handle = FileHandle(forWritingAtPath: full) {
                    try handle.truncate(atOffset: 0)
                    try handle.write(contentsOf: Data(bytes))
                    try handle.close()
                } else {
                    try Data(bytes).write(to: URL(filePath: full))
                    _ = unsafe chmod(full, 0o600)
                }
            }
        }

        private static func paths(_ root: String) throws -> [String] {
            try FileManager.default.subpathsOfDirectory(atPath: root).filter { path in
                // Not what the test's programs said.
                guard !path.hasPrefix(".run-") else { return false }
                let kind = try FileManager.default.attributesOfItem(atPath: root + "/" + path)[.type]
                return kind as? FileAttributeType == .typeRegular
            }
        }
    }

    private func incidents(_ site: Site, all: Bool = false) async throws -> [[String: Any]] {
        let run = try await site.run(["incident", "list", "--json"] + (all ? ["--all"] : []))
        return try Site.document(run.output)["incidents"] as? [[String: Any]] ?? []
    }

    @Test("at the first contact the site notices, goes on in a new epoch, and gets back what it had recorded")
    func tail() async throws {
        let registry = try await Registry.founded()
        let (hub, clinic) = (registry.hub, registry.clinic)
        let hubDaemon = try await registry.startHub()
        var clinicDaemon = try clinic.startDaemon()
        let first = try await clinic.addCase("Zhao Min")
        try await registry.settle()
        #expect(try await clinicDaemon.terminate() == 0)
        let snapshot = try Snapshot(of: clinic.folder.path)
        clinicDaemon = try clinic.startDaemon()
        let second = try await clinic.addCase("Qian Hua")
        try await registry.settle()
        #expect(try await clinicDaemon.terminate() == 0)

        try snapshot.putBack()
        #expect(try await clinic.cases() == [first])
        #expect(try await incidents(clinic).isEmpty)
        clinicDaemon = try clinic.startDaemon()
        try await until("what was lost is back") { try await Set(clinic.cases()) == [first, second] }
        let open = try await incidents(clinic)
        #expect(open.map { $0["kind"] as? String } == ["set-back"])
        #expect((open.first?["text"] as? String)?.contains("HUB") == true)
        let name = try #require(open.first?["incident"] as? String)
        #expect(try await clinic.must(["incident", "show", name]).contains("set-back"))
        let third = try await clinic.addCase("Sun Li")
        #expect(![first, second].contains(third))
        try await registry.settle()
        #expect(try await Set(hub.cases()) == [first, second, third])
        #expect(try await clinic.must(["case", "show", second]).contains("Qian Hua"))
        #expect(try await clinic.run(["incident", "list"]).status == 1)
        try await clinic.must(["incident", "close", name, "--reason", "the virtual machine was rolled back"])
        #expect(try await clinic.run(["incident", "list"]).status == 0)
        #expect(try await incidents(clinic, all: true).count == 1)
        #expect(try await clinic.run(["log", "verify"]).status == 0)
        #expect(try await clinicDaemon.terminate() == 0)
        #expect(try await hubDaemon.terminate() == 0)
    }

    @Test(
        "others hear of the new epoch before anything is recorded in it; a bundle shows that a store was set back, too"
    )
    func byBundle() async throws {
        let registry = try await Registry.founded()
        let (hub, clinic) = (registry.hub, registry.clinic)
        func carry(_ name: String, from one: Site, to other: Site, _ options: [String] = []) async throws -> ProgramRun
        {
            let file = one.folder.path + "/" + name
            let made = try await one.run(["bundle", "export", file, "--for", other.alias] + options)
            guard made.status == 0 || made.status == 1 else { throw Hindrance("\(made.status) \(made.errors)") }
            return try await other.run(["bundle", "import", file, "--json"])
        }
        #expect(try await carry("1", from: hub, to: clinic).status == 0)
        let first = try await clinic.addCase("Zhao Min")
        #expect(try await carry("2", from: clinic, to: hub).status == 0)
        let snapshot = try Snapshot(of: clinic.folder.path)
        let second = try await clinic.addCase("Qian Hua")
        #expect(try await carry("3", from: clinic, to: hub).status == 0)
        #expect(try await Set(hub.cases()) == [first, second])
        try snapshot.putBack()

        let shown = try await carry("4", from: hub, to: clinic)
        #expect(shown.status == 1, "\(shown.output)\(shown.errors)")
        #expect(try Site.document(shown.output)["new_epoch"] as? String != nil)
        #expect(try await incidents(clinic).map { $0["kind"] as? String } == ["set-back"])
        // Nothing was recorded since, and the hub hears of it.
        let roster = try await feeds(of: "CL", lane: "roster", at: hub)
        #expect(try await carry("5", from: clinic, to: hub).status == 0)
        #expect(try await feeds(of: "CL", lane: "roster", at: hub) == roster + 1)
        let back = try await carry("6", from: hub, to: clinic, ["--of", "CL", "--everything"])
        #expect(back.status == 0, "\(back.output)\(back.errors)")
        #expect(try await Set(clinic.cases()) == [first, second])
        let third = try await clinic.addCase("Sun Li")
        #expect(![first, second].contains(third))
        #expect(try await carry("7", from: clinic, to: hub).status == 0)
        #expect(try await Set(hub.cases()) == [first, second, third])
        #expect(try await hub.frontier() == clinic.frontier())
    }

    private func feeds(of site: String, lane: String, at holder: Site) async throws -> Int {
        let rows = try await holder.document(["log", "stats"])["feeds"] as? [[String: Any]] ?? []
        return rows.count { $0["site"] as? String == site && $0["lane"] as? String == lane }
    }

    @Test("a site gets new keys in a new store: its alias, its records and their numbers stay, and the old key is out")
    func newKeys() async throws {
        let registry = try await Registry.founded()
        let (hub, clinic) = (registry.hub, registry.clinic)
        let hubDaemon = try await registry.startHub()
        let clinicDaemon = try clinic.startDaemon()
        let first = try await clinic.addCase("Zhao Min")
        try await registry.settle()
        #expect(try await clinicDaemon.terminate() == 0)

        let renewed = try await Site.made("CL")
        let (request, invitation) = (renewed.folder.path + "/request", renewed.folder.path + "/invitation")
        let asked = try await renewed.document(["site", "request", "--output", request])
        let words = try #require(asked["fingerprint"] as? String)
        let admit = ["site", "admit", request, "--address", registry.address, "--fingerprint", words]
        #expect(try await hub.run(admit).status == 77, "the alias is taken")
        #expect(try await hub.run(admit + ["--continues", "XX"]).status == 65)
        let told = try await hub.must(admit + ["--continues", "CL", "--output", invitation])
        #expect(told.contains("CL records: up to entry"))
        try await renewed.must(["site", "join", invitation])
        let daemon = try renewed.startDaemon()
        try await until("the records are there") { try await renewed.cases() == [first] }
        let second = try await renewed.addCase("Qian Hua")
        #expect(second.hasPrefix("CL-") && second != first)
        try await until("the hub has both") { try await Set(hub.cases()) == [first, second] }
        #expect(try await renewed.must(["case", "show", first]).contains("Zhao Min"))
        try await renewed.must(["case", "amend", first, "--stage", "IVA", "--reason", "new CT"])
        let rows = try await hub.document(["site", "list"])["sites"] as? [[String: Any]] ?? []
        let same = rows.filter { $0["alias"] as? String == "CL" }
        #expect(same.count == 2)
        #expect(
            same.count { $0["revoked"] as? Bool == true && $0["reason"] as? String == "replaced by a new key" } == 1
        )
        #expect(same.count { $0["continues"] as? String == "CL" } == 1)
        // The old store still has its key, and is turned away.
        let old = try clinic.startDaemon()
        let third = try await clinic.addCase("Sun Li")
        try await until("the old key is refused") { try hubDaemon.errors.contains("not welcome") }
        #expect(try await !hub.cases().contains(third))
        #expect(try await old.terminate() == 0)
        #expect(try await daemon.terminate() == 0)
        #expect(try await hubDaemon.terminate() == 0)
    }
}
