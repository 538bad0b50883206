import Glibc
import StoreIO
import TestSupport
import Testing

@testable import abscope

/// Commands that look after a store, as processes.
@Suite("Care by the command line")
struct CareTests {
    private let clinic: ProgramClinic
    private var store: String { clinic.store }
    private var copy: String { clinic.folder.path + "/copy" }

    /// A store with some entries, and a copy of it.
    init() async throws {
        clinic = try await ProgramClinic()
        try await clinic.must("operator", "add", input: "name: Wang Li\n")
        for name in ["Zhao Min", "Liu Fang", "Chen Jie"] {
            try await clinic.must("case", "add", input: "name: \(name)\n")
        }
        let copied = try await clinic.start("/bin/cp", ["-a", store, copy]).run()
        try #require(copied.status == 0)
    }

    private func names(_ folder: String) throws -> [String] {
        try LinuxFileSystem().listDirectory(folder).filter { !$0.hasPrefix(".") }
    }

    /// Flips a bit in the first block of the feed of records.
    private func damage() throws {
        let feed = try #require(try names(store + "/feeds").first { $0.hasSuffix("-2") })
        let segment = try #require(try names("\(store)/feeds/\(feed)").first { $0.hasSuffix("seg") })
        let path = "\(store)/feeds/\(feed)/\(segment)"
        var bytes = try read(path)
        bytes[500] ^= 1
        try write(bytes, to: path)
    }

    @Test("damage is named with file and cause, repaired from a copy, and the damaged file is in quarantine")
    func repair() async throws {
        #expect(try await clinic.must("log", "verify").contains("4 entries proven"))
        try damage()
        let found = try await clinic.run("log", "verify")
        #expect(found.status == 3, "\(found.output)\(found.errors)")
        #expect(found.output.contains("DAMAGED"))
        #expect(found.output.contains("log repair --from"))
        let json = try await clinic.run("log", "verify", "--json")
        #expect(JSONCheck.isValid(json.output.trimmed), "\(json.output)")
        #expect(json.output.contains("\"weight\":\"damage\""))

        let dry = try await clinic.run("log", "repair", "--from", copy, "--dry-run")
        #expect(dry.status == 3)
        let wrong = try await clinic.run("log", "repair", "--from", clinic.folder.path)
        #expect(wrong.status == 66, "\(wrong.errors)")
        let repaired = try await clinic.run("log", "repair", "--from", copy)
        #expect(repaired.status == 0, "\(repaired.output)\(repaired.errors)")
        #expect(repaired.output.contains("are back"))
        #expect(try await clinic.must("log", "verify").contains("4 entries proven"))
        #expect(try await clinic.must("case", "find", input: "liu\n").contains("Liu Fang"))

        let listed = try await clinic.must("log", "quarantine", "list")
        #expect(listed.contains("records"))
        try await clinic.must("log", "quarantine", "export", "--to", clinic.folder.path + "/out")
        #expect(try names(clinic.folder.path + "/out").count == 1)
        let refused = try await clinic.run("log", "quarantine", "discard", "--yes", "2")
        #expect(refused.status == 64)
        try await clinic.must("log", "quarantine", "discard", "--yes", "1")
        #expect(try names(store + "/quarantine").isEmpty)
    }

    @Test("a loss is accepted with its number and a reason, stays named, and is no damage any more")
    func acceptLoss() async throws {
        try damage()
        let asked = try await clinic.run("log", "repair", "--accept-loss", "--reason", "no copy")
        #expect(asked.status == 64)
        #expect(asked.errors.contains("--yes "), "\(asked.errors)")
        let count = try #require(asked.errors.split(separator: "--yes ").last?.prefix { $0.isNumber })
        #expect(
            try await clinic.run("log", "repair", "--accept-loss", "--reason", "no copy", "--yes", "99").status == 64
        )
        let accepted = try await clinic.run(
            "log",
            "repair",
            "--accept-loss",
            "--reason",
            "no copy",
            "--yes",
            String(count)
        )
        #expect(accepted.status == 0, "\(accepted.output)\(accepted.errors)")
        let verified = try await clinic.run("log", "verify")
        #expect(verified.status == 0, "\(verified.output)")
        #expect(verified.output.contains("accepted loss"))
        #expect(try await clinic.must("incident", "list", "--all").contains("accepted-loss"))
        #expect(try await clinic.run("log", "repair", "--from", copy).status == 0)
        #expect(try await !clinic.must("log", "verify").contains("accepted loss"))
    }

    @Test("an incident is listed, repeated by other commands, closed with a reason, and then kept")
    func incidents() async throws {
        #expect(try await clinic.must("incident", "list").contains("No open incidents"))
        let moved = try await clinic.start("/bin/cp", ["-a", store, clinic.folder.path + "/moved"]).run()
        try #require(moved.status == 0)
        let there = ["--store", clinic.folder.path + "/moved"]
        func run(_ arguments: [String], input: String = "") async throws -> ProgramRun {
            try await ProgramRun.run(bytes: (arguments + there).map { Array($0.utf8) }, input: input, in: clinic.folder)
        }
        let added = try await run(["case", "add"], input: "name: Sun Yi\n")
        #expect(added.status == 0)
        #expect(added.errors.contains("Incident "), "\(added.errors)")
        let listed = try await run(["incident", "list"])
        #expect(listed.status == 1)
        let line = try #require(listed.output.split(separator: "\n").last)
        let name = String(line.prefix(8))
        #expect(try await run(["incident", "close", name]).status == 64)
        #expect(try await run(["incident", "close", "zz", "--reason", "x"]).status == 66)
        let closed = try await run(["incident", "close", name, "--reason", "copied on purpose"])
        #expect(closed.status == 0, "\(closed.errors)")
        #expect(try await run(["incident", "list"]).status == 0)
        #expect(try await run(["case", "list"]).errors.isEmpty)
        let shown = try await run(["incident", "show", name])
        #expect(shown.output.contains("copied on purpose"), "\(shown.output)")
        #expect(JSONCheck.isValid(try await run(["incident", "list", "--all", "--json"]).output.trimmed))
    }

    @Test("the doctor looks at everything, says what to do, and names no patient")
    func doctor() async throws {
        let healthy = try await clinic.run("doctor")
        #expect([0, 1].contains(healthy.status), "\(healthy.output)\(healthy.errors)")
        for word in ["free on the disk", "key", "lock", "quarantine", "incidents", "epoch"] {
            #expect(healthy.output.contains(word), "\(word): \(healthy.output)")
        }
        #expect(!healthy.output.contains("Zhao"))
        let json = try await clinic.run("doctor", "--json")
        #expect(JSONCheck.isValid(json.output.trimmed), "\(json.output)")
        try write([1], to: store + "/notes.txt")
        unsafe chmod(store, 0o755)
        let advised = try await clinic.run("doctor")
        #expect(advised.status == 1)
        #expect(advised.output.contains("notes.txt"))
        #expect(advised.output.contains("chmod -R go="), "\(advised.output)")
        try write([1, 2, 3], to: store + "/SITE")
        let broken = try await clinic.run("doctor")
        #expect(broken.status == 3, "\(broken.output)\(broken.errors)")
        #expect(broken.output.contains("SITE"))
        #expect(try await clinic.run("doctor", "--store", clinic.folder.path + "/none").status == 66)
    }

    @Test("stats count segments, what was sealed, and all together")
    func stats() async throws {
        try await clinic.must("log", "seal", "--active")
        let text = try await clinic.must("log", "stats")
        #expect(text.contains("Segments") && text.contains("Sealed"))
        let json = try await clinic.must("log", "stats", "--json")
        #expect(JSONCheck.isValid(json.trimmed))
        #expect(json.contains("\"sealed_segments\":1"))
        #expect(json.contains("\"oldest\":\"20"))
    }
}
