import Foundation
import TestSupport
import Testing

/// Sites without any network, and somebody who carries files between them.
@Suite("Bundles carried by hand", .serialized)
struct BundleTests {
    private func feeds(_ site: Site) async throws -> [String: Int] {
        let rows = try await site.document(["log", "stats"])["feeds"] as? [[String: Any]] ?? []
        var entries: [String: Int] = [:]
        for row in rows { entries[row["feed"] as? String ?? ""] = row["entries"] as? Int }
        return entries
    }

    /// Writes a bundle and takes it at the other end; gives what both said.
    @discardableResult
    private func carry(
        from one: Site,
        to other: Site,
        _ name: String,
        _ options: [String] = [],
        status: Int32 = 0
    ) async throws -> (made: [String: Any], taken: [String: Any]) {
        let file = one.folder.path + "/" + name
        let made = try await one.run(["bundle", "export", file, "--for", other.alias, "--json"] + options)
        guard made.status == 0 || made.status == 1 else { throw Hindrance("export: \(made.status) \(made.errors)") }
        let taken = try await other.run(["bundle", "import", file, "--json"])
        #expect(taken.status == status, "\(taken.output)\(taken.errors)")
        return (try Site.document(made.output), try Site.document(taken.output))
    }

    /// A site whose store is a copy of another's.
    private func copied(_ site: Site) throws -> Site {
        let copy = try Site(site.alias)
        try FileManager.default.copyItem(atPath: site.store, toPath: copy.store)
        return copy
    }

    @Test("Two sites that never met come to hold the same, names too, and the bundles become small")
    func thereAndBack() async throws {
        let registry = try await Registry.founded()
        let (hub, clinic) = (registry.hub, registry.clinic)
        var known = [try await hub.addCase("Chen Wei"), try await clinic.addCase("Zhao Min")]
        let first = try await carry(from: hub, to: clinic, "1.bundle")
        #expect(first.taken["new_entries"] as? Int == first.made["entries"] as? Int)
        #expect(first.taken["complete"] as? Bool == true)
        #expect((first.taken["new_keys"] as? Int ?? 0) > 0)
        #expect(try await Set(clinic.cases()) == Set(known))
        #expect(try await clinic.run(["case", "find"], input: "Chen Wei\n").output.contains(known[0]))

        let back = try await carry(from: clinic, to: hub, "2.bundle")
        #expect((back.made["feeds"] as? [[String: Any]])?.contains { $0["site"] as? String == "HUB" } == false)
        #expect(try await hub.run(["case", "find"], input: "Zhao Min\n").output.contains(known[1]))
        #expect(try await hub.frontier() == clinic.frontier())

        // Both know now what the other holds, and only what is new goes.
        known.append(try await hub.addCase("Sun Lei"))
        let next = try await carry(from: hub, to: clinic, "3.bundle")
        #expect(next.made["entries"] as? Int == 1)
        #expect(try await Set(clinic.cases()) == Set(known))
        try await carry(from: clinic, to: hub, "4.bundle")
        let empty = try await carry(from: hub, to: clinic, "5.bundle")
        #expect(empty.made["entries"] as? Int == 0)
        #expect(empty.taken["new_entries"] as? Int == 0)

        // Taken again, and in the wrong order: nothing changes, and what is known does not become older.
        for name in ["1.bundle", "3.bundle", "1.bundle"] {
            let again = try await clinic.document(["bundle", "import", hub.folder.path + "/" + name])
            #expect(again["new_entries"] as? Int == 0)
            #expect(again["statement_taken"] as? Bool == false)
        }
        #expect(try await hub.frontier() == clinic.frontier())
        #expect(try await clinic.run(["log", "verify"]).status == 0)
        #expect(try await hub.run(["log", "verify"]).status == 0)
    }

    @Test(
        "A stick that was pulled, a byte that was turned over, a stick too small: what is whole is taken, the rest is said"
    )
    func damaged() async throws {
        let registry = try await Registry.founded()
        let (hub, clinic) = (registry.hub, registry.clinic)
        let number = try await hub.addCase("Chen Wei")
        let scan = hub.folder.path + "/scan.pdf"
        var generator = SplitMix64(seed: 5)
        try Data(generator.bytes(900_000)).write(to: URL(filePath: scan))
        try await hub.must(["attach", number, scan])
        let whole = hub.folder.path + "/whole.bundle"
        try await hub.must(["bundle", "export", whole, "--for", "CL"])
        let bytes = try SmallFile.read(whole)
        #expect(bytes.count > 900_000)
        #expect(try await hub.run(["bundle", "export", whole, "--for", "CL"]).status == 73, "nothing is written over")
        #expect(try await hub.run(["bundle", "export", hub.folder.path + "/no/x", "--for", "CL"]).status == 66)
        #expect(try await hub.run(["bundle", "export", hub.folder.path + "/x", "--for", "HUB"]).status == 65)
        #expect(try await hub.run(["bundle", "export", hub.folder.path + "/x", "--for", "MARS"]).status == 65)
        #expect(try await hub.run(["bundle", "export", hub.folder.path + "/x"]).status == 64)
        let small = try await hub.run(["bundle", "export", hub.folder.path + "/x", "--for", "CL", "--max-size", "300"])
        #expect(small.status == 64, "\(small.errors)")
        let word = try await hub.run(["bundle", "export", hub.folder.path + "/x", "--for", "CL", "--max-size", "1X"])
        #expect(word.status == 65, "\(word.errors)")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: hub.folder.path).filter { $0.contains("part-") } == []
        )

        // Cut in the middle: roster and case are there already, the file is not.
        let cut = clinic.folder.path + "/cut.bundle"
        try Data(bytes[..<(bytes.count / 2)]).write(to: URL(filePath: cut))
        let half = try await clinic.run(["bundle", "import", cut])
        #expect(half.status == 1, "\(half.output)\(half.errors)")
        #expect(half.output.contains("ends before the bundle does"), "\(half.output)")
        #expect(try await clinic.cases() == [number])
        #expect(try await clinic.run(["bundle", "inspect", cut]).status == 1)

        // Damaged behind that.
        var turned = bytes
        turned[bytes.count * 3 / 4] ^= 1
        let broken = clinic.folder.path + "/broken.bundle"
        try Data(turned).write(to: URL(filePath: broken))
        let found = try await clinic.run(["bundle", "import", broken, "--json"])
        #expect(found.status == 1, "\(found.output)\(found.errors)")
        #expect(try Site.document(found.output)["complete"] as? Bool == false)
        // Its envelope changed, or nothing of it.
        for (place, status) in [(0, Int32(65)), (8, 65), (20, 77), (80, 77)] {
            var changed = bytes
            changed[place] ^= 1
            let path = clinic.folder.path + "/changed-\(place)"
            try Data(changed).write(to: URL(filePath: path))
            #expect(try await clinic.run(["bundle", "import", path]).status == status, "byte \(place)")
        }
        #expect(try await clinic.run(["bundle", "import", clinic.folder.path]).status == 66)

        // In parts that fit, answered each time.
        var rounds = 0
        while try await hub.frontier() != clinic.frontier(), rounds < 12 {
            rounds += 1
            try await carry(from: clinic, to: hub, "answer-\(rounds).bundle")
            let part = hub.folder.path + "/part-\(rounds).bundle"
            let made = try await hub.run(["bundle", "export", part, "--for", "CL", "--max-size", "400 kB"])
            #expect(try SmallFile.read(part).count <= 400_000)
            #expect(made.status == 0 || made.output.contains("did not fit"), "\(made.output)\(made.errors)")
            try await clinic.must(["bundle", "import", part])
        }
        #expect((2...11).contains(rounds), "\(rounds)")
        #expect(try await hub.frontier() == clinic.frontier())
        #expect(try await clinic.run(["log", "verify"]).status == 0)
    }

    @Test("Only who it is for can open it, and who is not of the registry brings nothing")
    func others() async throws {
        let registry = try await Registry.founded()
        let (hub, clinic) = (registry.hub, registry.clinic)
        let third = try await Site.made("TH")
        try await registry.admit(third)
        try await hub.addCase("Chen Wei")
        let one = hub.folder.path + "/one.bundle"
        let both = hub.folder.path + "/both.bundle"
        try await hub.must(["bundle", "export", one, "--for", "CL"])
        try await hub.must(["bundle", "export", both, "--for", "TH", "--for", "CL"])

        let refused = try await third.run(["bundle", "import", one])
        #expect(refused.status == 77, "\(refused.output)\(refused.errors)")
        #expect(refused.errors.contains("sealed to"), "\(refused.errors)")
        let looked = try await third.document(["bundle", "inspect", one])
        #expect(looked["opened"] as? Bool == false)
        #expect(looked["signed"] as? Bool == true && looked["complete"] as? Bool == true)
        // Who carries it can tell that the stick was pulled too early.
        for rest in [1, 40] {
            let cut = third.folder.path + "/cut-\(rest)"
            try Data(try SmallFile.read(one).dropLast(rest)).write(to: URL(filePath: cut))
            let found = try await third.run(["bundle", "inspect", cut])
            #expect(found.status == 1 && found.output.contains("ends before the bundle does"), "\(found.output)")
        }
        // What a courier can read: no text of the records, and no name of a site.
        let text = String(decoding: try SmallFile.read(one), as: UTF8.self)
        for word in ["Chen", "HUB", "abscope", "IIIA"] { #expect(!text.contains(word), "\(word)") }
        for site in [clinic, third] {
            let taken = try await site.document(["bundle", "import", both])
            #expect((taken["new_entries"] as? Int ?? 0) > 3)
            #expect((taken["new_keys"] as? Int ?? 0) > 0)
        }
        #expect(try await clinic.cases() == third.cases())

        // A site the roster here does not list yet, and one of another registry.
        let late = try await Site.made("LA")
        try await registry.admit(late)
        try await carry(from: hub, to: late, "late.bundle")
        let early = late.folder.path + "/early.bundle"
        try await late.must(["bundle", "export", early, "--for", "CL"])
        let unknown = try await clinic.run(["bundle", "import", early])
        #expect(unknown.status == 77, "\(unknown.output)\(unknown.errors)")
        #expect(unknown.errors.contains("does not list the sender"), "\(unknown.errors)")
        try await carry(from: hub, to: clinic, "roster.bundle")
        try await clinic.must(["bundle", "import", early])
        let elsewhere = try await Registry.founded()
        let foreign = try await elsewhere.clinic.run(["bundle", "import", one])
        #expect(foreign.status == 77, "\(foreign.output)\(foreign.errors)")
        #expect(foreign.errors.contains("another registry"), "\(foreign.errors)")
    }

    @Test("An older copy of a store is told what it lacks, and catches up; a daemon beside it does not mind")
    func olderCopy() async throws {
        let registry = try await Registry.founded()
        let (hub, clinic) = (registry.hub, registry.clinic)
        let daemon = try await registry.startHub()
        try await hub.addCase("Chen Wei")
        let fresh = try copied(clinic)
        try await carry(from: hub, to: clinic, "1.bundle")
        let old = try copied(clinic)
        try await clinic.addCase("Zhao Min")
        try await hub.addCase("Li Na")
        try await carry(from: hub, to: clinic, "2.bundle")
        try await carry(from: clinic, to: hub, "3.bundle")
        try await hub.addCase("Sun Lei")
        let news = hub.folder.path + "/4.bundle"
        try await hub.must(["bundle", "export", news, "--for", "CL"])

        let unlisted = try await fresh.run(["bundle", "import", news])
        #expect(unlisted.status == 1, "\(unlisted.output)\(unlisted.errors)")
        #expect(unlisted.output.contains("does not list this site"), "\(unlisted.output)")
        let taken = try await old.run(["bundle", "import", news, "--json"])
        #expect(taken.status == 1, "\(taken.output)\(taken.errors)")
        let feeds = try Site.document(taken.output)["feeds"] as? [[String: Any]] ?? []
        #expect(feeds.contains { $0["problem"] as? String == "gap" }, "\(taken.output)")
        #expect(try await old.cases().count == 1)

        // It is told that it is old, goes on in an epoch of its own, and takes back what it had.
        #expect(try Site.document(taken.output)["new_epoch"] as? String != nil, "\(taken.output)")
        let whole = hub.folder.path + "/5.bundle"
        try await hub.must(["bundle", "export", whole, "--for", "CL", "--everything", "--of", "HUB", "--of", "CL"])
        let beyond = try await old.run(["bundle", "import", whole])
        #expect(beyond.status == 0, "\(beyond.output)\(beyond.errors)")
        #expect(try await Set(old.cases()) == Set(hub.cases()))
        let own = try await old.addCase("Wu Fan")
        let back = try await old.run(["bundle", "import", whole])
        #expect(back.status == 0, "\(back.output)\(back.errors)")
        #expect(try await Set(old.cases()) == Set(hub.cases() + [own]))
        #expect(try await old.run(["log", "verify"]).status != 3)
        try await clinic.must(["bundle", "import", news])
        #expect(try await hub.frontier() == clinic.frontier())
        #expect(try await daemon.terminate() == 0)
        let said = try daemon.errors
        #expect(!said.contains("contradict"), "\(said)")
    }

    @Test("What was taken is told, and shown, where what the sender holds can not be written down; that is said")
    func notesNotKept() async throws {
        let registry = try await Registry.founded()
        let (hub, clinic) = (registry.hub, registry.clinic)
        let number = try await hub.addCase("Chen Wei")
        let file = hub.folder.path + "/1.bundle"
        try await hub.must(["bundle", "export", file, "--for", "CL"])
        let other = try copied(clinic)
        for site in [clinic, other] {
            let lock = site.store + "/LOCK.sites"
            if FileManager.default.fileExists(atPath: lock) { try FileManager.default.removeItem(atPath: lock) }
            try FileManager.default.createDirectory(atPath: lock, withIntermediateDirectories: false)
        }
        let told = try await clinic.run(["bundle", "import", file])
        #expect(told.status == 1, "\(told.output)\(told.errors)")
        #expect(told.output.contains("HUB records: ") && told.output.contains(" new."), "\(told.output)")
        #expect(told.output.contains("could not be written down"), "\(told.output)")
        #expect(try await clinic.cases() == [number])
        let document = try await other.run(["bundle", "import", file, "--json"])
        #expect(document.status == 1, "\(document.output)\(document.errors)")
        let members = try Site.document(document.output)
        #expect((members["new_entries"] as? Int ?? 0) > 0 && members["statement_taken"] as? Bool == false)
        #expect(members["statement_problem"] as? String != nil, "\(document.output)")
    }

    @Test("A segment that was destroyed comes back out of a bundle, and the data is what it was")
    func repair() async throws {
        let registry = try await Registry.founded()
        let (hub, clinic) = (registry.hub, registry.clinic)
        for number in 1...12 { try await clinic.addCase("Person \(number)") }
        try await carry(from: hub, to: clinic, "roster.bundle")
        try await carry(from: clinic, to: hub, "all.bundle")
        try await clinic.must(["log", "seal", "--active"])
        let (cases, frontier, before) = (try await clinic.cases(), try await clinic.frontier(), try await feeds(clinic))
        let rows = try await clinic.document(["log", "stats"])["feeds"] as? [[String: Any]] ?? []
        let row = rows.first { $0["lane"] as? String == "records" && $0["site"] as? String == "CL" }
        let feed = try #require(row?["feed"] as? String)
        let folder = "\(clinic.store)/feeds/\(feed)"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix("seg") }
        let path = "\(folder)/\(try #require(names.min()))"
        var bytes = try SmallFile.read(path)
        for place in stride(from: 256, to: bytes.count, by: 50) { bytes[place] ^= 0xFF }
        try Data(bytes).write(to: URL(filePath: path))
        #expect(try await clinic.run(["log", "verify"]).status == 3)

        // A bundle without it: all is said, nothing is changed.
        let other = hub.folder.path + "/other.bundle"
        try await hub.must(["bundle", "export", other, "--for", "CL", "--of", "HUB", "--everything"])
        let lacking = try await clinic.run(["log", "repair", "--from", other])
        #expect(lacking.status == 3, "\(lacking.output)\(lacking.errors)")
        #expect(lacking.output.contains("not there, or not what was here"), "\(lacking.output)")

        let helping = hub.folder.path + "/repair.bundle"
        try await hub.must(["bundle", "export", helping, "--for", "CL", "--of", "CL", "--everything"])
        let whole = try SmallFile.read(helping)
        let cut = hub.folder.path + "/cut.bundle"
        try Data(whole.dropLast(60)).write(to: URL(filePath: cut))
        let half = try await clinic.run(["log", "repair", "--from", cut])
        #expect(half.status == 3, "\(half.output)\(half.errors)")
        #expect(half.output.contains("bundle was cut"), "\(half.output)")
        let repaired = try await clinic.run(["log", "repair", "--from", helping])
        #expect(repaired.status == 0, "\(repaired.output)\(repaired.errors)")
        #expect(repaired.output.contains("are back"))
        #expect(try await clinic.run(["log", "verify"]).status == 0)
        #expect(try await clinic.cases() == cases)
        #expect(try await clinic.frontier() == frontier)
        #expect(try await feeds(clinic) == before)
        #expect(try await hub.run(["log", "repair", "--from", helping]).status == 77, "it is sealed to the clinic")
    }
}
