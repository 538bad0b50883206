import Glibc
import StoreIO
import TestSupport
import Testing

@testable import abscope

/// Commands whose work is done, or is not begun, while something beside it can not be read, written or meant.
@Suite("What hinders a command, and what does not")
struct HindranceTests {
    private let folder: TemporaryDirectory
    private var store: String { folder.path + "/store" }

    init() throws {
        folder = try TemporaryDirectory()
    }

    private func run(_ arguments: String...) async throws -> ProgramRun {
        try await ProgramRun.run(
            bytes: arguments.map { Array($0.utf8) },
            in: folder,
            environment: ["ABSCOPE_STORE": store]
        )
    }

    private func shell(_ line: String) async throws -> ProgramRun {
        try await RunningProgram(
            "/bin/sh",
            bytes: ["-c", line].map { Array($0.utf8) },
            in: folder,
            environment: ["ABSCOPE_STORE": store]
        ).run()
    }

    @Test("an empty --store means no store, and not the one of this account")
    func emptyStore() async throws {
        let home = try await ProgramRun.run("init", "--site", "GY", "--store", folder.path + "/.abscope", in: folder)
        #expect(home.status == 0, "\(home.errors)")
        let unset = ["ABSCOPE_STORE": ""]
        for arguments in [["case", "list", "--store", ""], ["--store", "", "case", "list"]] {
            let refused = try await ProgramRun.run(
                bytes: arguments.map { Array($0.utf8) },
                in: folder,
                environment: unset
            )
            #expect(refused.status == ExitStatus.usage.rawValue, "\(arguments): \(refused.output)\(refused.errors)")
            #expect(refused.errors.contains("variable of the shell"), "\(refused.errors)")
        }
        let listed = try await ProgramRun.run("case", "list", in: folder, environment: unset)
        #expect(listed.status == 0, "an empty variable is none: \(listed.errors)")
    }

    @Test("what was recorded is told where the incidents can not be read, which is a note")
    func incidentsUnreadable() async throws {
        #expect(try await run("init", "--site", "HUB", "--found", "North").status == 0)
        let put = try await shell("rmdir '\(store)/incidents' && : >'\(store)/incidents'")
        try #require(put.status == 0, "\(put.errors)")
        let changed = try await run("site", "change", "HUB", "--address", "hub.example.org:7117")
        #expect(changed.status == 0, "\(changed.errors)")
        #expect(changed.output.contains("HUB.0."), "\(changed.output)")
        #expect(changed.errors.contains("open incidents can not be told"), "\(changed.errors)")
    }

    @Test("what a daemon wrote down counts as nothing when it is damaged or too long, and that is said once")
    func peerNotes() async throws {
        #expect(try await run("init", "--site", "GY").status == 0)
        let path = store + "/peers.state"
        try write(Array("damaged".utf8), to: path)
        for _ in 0..<2 {
            let said = try await run("sync", "status")
            #expect(said.status == ExitStatus.unavailable.rawValue, "\(said.output)\(said.errors)")
            #expect(said.errors.split(separator: "\n").count { $0.contains("is left out") } == 1, "\(said.errors)")
            // Longer than any daemon writes.
            let refused = unsafe truncate(path, 40 << 20)
            try #require(refused == 0)
        }
    }

    @Test("of a file that can not be written whole nothing is left, under no name")
    func fullStick() async throws {
        #expect(try await run("init", "--site", "GY").status == 0)
        let request = folder.path + "/site.request"
        let program = try BuiltProgram.abscope.path()
        let said = try await shell(
            "(trap '' XFSZ; ulimit -f 0; exec '\(program)' site request --output '\(request)' 2>&1 >/dev/null) | cat"
        )
        #expect(said.output.contains("site.request"), "\(said.output)\(said.errors)")
        #expect(said.output.contains("may not grow"), "\(said.output)\(said.errors)")
        let left = try LinuxFileSystem().listDirectory(folder.path).filter { $0.hasPrefix("site.request") }
        #expect(left.isEmpty, "\(left)")
        #expect(try await run("site", "request", "--output", request).status == 0, "the name is free")
        #expect(try await run("site", "request", "--output", request).status == ExitStatus.cannotCreate.rawValue)
        let nowhere = try await run("site", "request", "--output", folder.path + "/no/site.request")
        #expect(nowhere.status == ExitStatus.noInput.rawValue, "\(nowhere.errors)")
    }
}
