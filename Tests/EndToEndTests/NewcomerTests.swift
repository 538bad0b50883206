import Foundation
import Glibc
import TestSupport
import Testing

/// What somebody meets who works with the programs for the first time, by README and help.
@Suite("Newcomers")
struct NewcomerTests {
    @Test("a bundle may be as small as a mail line allows, and in enough of them all arrives")
    func smallBundles() async throws {
        let registry = try await Registry.founded()
        let (hub, clinic) = (registry.hub, registry.clinic)
        let number = try await hub.addCase()
        let scan = hub.folder.path + "/scan.pdf"
        var generator = SplitMix64(seed: 11)
        try Data(generator.bytes(80_000)).write(to: URL(filePath: scan))
        try await hub.must(["attach", number, scan])
        var rounds = 0
        while try await hub.frontier() != clinic.frontier(), rounds < 12 {
            rounds += 1
            let (part, answer) = (hub.folder.path + "/part-\(rounds)", clinic.folder.path + "/answer-\(rounds)")
            let made = try await hub.run(["bundle", "export", part, "--for", "CL", "--max-size", "40k"])
            #expect([0, 1].contains(made.status), "\(made.errors)")
            #expect(try SmallFile.read(part).count <= 40_000)
            try await clinic.must(["bundle", "import", part])
            try await clinic.must(["bundle", "export", answer, "--for", "HUB", "--max-size", "40k"])
            try await hub.must(["bundle", "import", answer])
        }
        #expect((3...8).contains(rounds), "\(rounds)")
        #expect(try await clinic.cases() == [number])
    }

    @Test("where nothing is left nothing takes time or money, and a bad rate is a bad value")
    func nothingLeft() async throws {
        let registry = try await Registry.founded()
        let (hub, clinic) = (registry.hub, registry.clinic)
        let daemons = [try await registry.startHub(), try clinic.startDaemon()]
        try await registry.settle()
        func plan() async throws -> [String: Any] {
            let sites = try await clinic.document(["sync", "plan", "--rate", "4k"])["sites"] as? [[String: Any]] ?? []
            return try #require(sites.first)
        }
        try await until("both know that nothing is left") {
            let row = try await plan()
            return row["known"] as? Bool == true && row["entries_to_send"] as? Int == 0
        }
        #expect(try await plan()["seconds"] is NSNull)
        #expect(try await clinic.run(["sync", "plan", "--rate", "4q"]).status == 65)
        // Where the hub is dialled stands in the invitation.
        let listed = try await clinic.document(["site", "list"])["sites"] as? [[String: Any]] ?? []
        let row = try #require(listed.first { $0["alias"] as? String == "HUB" })
        #expect(row["dialled"] as? [String] == [registry.address] && row["addresses"] as? [String] == [])
        #expect(try await clinic.run(["site", "list"]).output.contains(registry.address))
        #expect(try await hub.run(["sync", "now", "--site", "CL"]).output.contains("contacts"), "it is connected")
        for daemon in daemons.reversed() { #expect(try await daemon.terminate() == 0) }
    }

    @Test("of a daemon that hangs `sync status` says so, and what the store knows without it")
    func hanging() async throws {
        let registry = try await Registry.founded()
        let daemon = try await registry.startHub()
        try await until("the daemon answers") { try await registry.hub.run(["sync", "status"]).status == 0 }
        daemon.signal(SIGSTOP)
        let said = try await registry.hub.run(["sync", "status"])
        daemon.signal(SIGCONT)
        #expect(said.status == 75 && said.output.contains("Frontier") && said.output.contains("CL"), "\(said.output)")
        #expect(said.errors.contains("did not answer within 10 s"), "\(said.errors)")
        #expect(try await daemon.terminate() == 0)
    }

    @Test("who is erased is not erased again, and the names of files are said to be erased, not to be sealed")
    func erasedOnce() async throws {
        let clinic = try await Site.made("CL")
        let number = try await clinic.addCase()
        let scan = clinic.folder.path + "/scan.pdf"
        try Data("scan".utf8).write(to: URL(filePath: scan))
        try await clinic.must(["attach", number, scan])
        let erase = ["person", "erase", number, "--reason", "asked for", "--yes", number.lowercased()]
        #expect(try await clinic.document(erase)["recorded"] as? Bool == true)
        let before = try await clinic.frontier()
        let again = try await clinic.run(erase)
        #expect(again.status == 0 && again.output.contains("is erased already"), "\(again.output)\(again.errors)")
        #expect(try await clinic.frontier() == before)
        let files = try await clinic.must(["attachment", "list", number])
        #expect(files.contains("(erased here)") && !files.contains("(sealed"), "\(files)")
    }

    @Test("`init` names the store that the next command needs, and `abscoped` takes a rate as people write it")
    func firstCommands() async throws {
        let site = try Site("CL")
        let other = site.folder.path + "/other"
        let made = try await site.must(["init", "--site", "CL", "--store", other])
        #expect(made.contains("abscope operator add --store \(other)"), "\(made)")
        #expect(try await site.must(["init", "--site", "CL"]).contains("abscope operator add, then"))
        let check = try site.startDaemon(["--rate", "4k", "--check"])
        #expect(try await check.end() == 0)
        let wrong = try site.startDaemon(["--rate", "4q", "--check"])
        #expect(try await wrong.end() == 64)
        #expect(try wrong.errors.contains("such as 4k"))
    }

    @Test("behind a closed window people and programs read the same word, and what is left to send")
    func closedWindow() async throws {
        let registry = try await Registry.founded()
        let clinic = registry.clinic
        let hour = (Int(Date().timeIntervalSince1970) + TimeZone.current.secondsFromGMT()) / 3600
        func clock(_ hour: Int) -> String { (hour % 24 < 10 ? "0" : "") + "\(hour % 24):00" }
        let settings = clinic.folder.path + "/abscoped.yaml"
        let window = "windows: [\"daily \(clock(hour + 10))-\(clock(hour + 12))\"]\n"
        try Data(window.utf8).write(to: URL(filePath: settings))
        // What the hub holds is known from its bundle.
        let roster = registry.hub.folder.path + "/roster"
        try await registry.hub.must(["bundle", "export", roster, "--for", "CL"])
        try await clinic.must(["bundle", "import", roster])
        let daemon = try clinic.startDaemon(["--config", settings])
        try await until("the link is closed") { try daemon.errors.contains("the link is closed") }
        #expect(try daemon.errors.contains("its window opens in "))
        try await clinic.addCase()
        let run = try await clinic.run(["sync", "status", "--json"])
        let sites = try Site.document(run.output)["sites"] as? [[String: Any]] ?? []
        let row = try #require(sites.first { $0["alias"] as? String == "HUB" }, "\(run.output)")
        #expect(row["status"] as? String == "waiting for window")
        #expect(row["entries_to_send"] as? Int ?? 0 > 0)
        let shown = try await clinic.run(["sync", "status"]).output
        #expect(shown.contains("waiting for window") && shown.contains("not known to be anywhere else yet"), "\(shown)")
        #expect(try await daemon.terminate() == 0)
    }

    @Test("a program that asks for JSON gets it for a command that does not exist, too")
    func jsonForTypos() async throws {
        let site = try Site("CL")
        for arguments in [["--json", "sync", "statuss"], ["sync", "statuss", "--json"]] {
            let run = try await site.run(arguments)
            #expect(run.status == 64 && run.errors.hasPrefix("{"), "\(run.errors)")
        }
    }
}
