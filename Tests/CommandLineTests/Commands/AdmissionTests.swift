import TestSupport
import Testing

@testable import abscope

@Suite("Admitting a site")
struct AdmissionTests {
    @Test("nobody is admitted whose invitation can not be written, and it can be done again under another name")
    func invitationFirst() async throws {
        let folder = try TemporaryDirectory()
        func run(_ store: String, _ arguments: String...) async throws -> ProgramRun {
            try await ProgramRun.run(
                bytes: arguments.map { Array($0.utf8) },
                in: folder,
                environment: ["ABSCOPE_STORE": folder.path + "/" + store]
            )
        }
        _ = try await run("hub", "init", "--site", "HUB", "--found", "Lung registry")
        _ = try await run("clinic", "init", "--site", "CL")
        let request = folder.path + "/site.request"
        let invitation = folder.path + "/site.invitation"
        let asked = try await run("clinic", "site", "request", "--output", request, "--json")
        let parts = asked.output.split(separator: "\"fingerprint\":\"")
        let words = try #require(parts.last.map { String($0.prefix { $0 != "\"" }) })
        func admit(_ output: String) async throws -> ProgramRun {
            try await run("hub", "site", "admit", request, "--fingerprint", words, "--output", output)
        }
        #expect(try await admit(request).status == ExitStatus.cannotCreate.rawValue, "there is such a file")
        #expect(try await run("hub", "site", "list", "--json").output.contains("\"alias\":\"CL\"") == false)
        let admitted = try await admit(invitation)
        #expect(admitted.status == 0, "\(admitted.errors)")
        #expect(try await run("hub", "site", "list", "--json").output.contains("\"alias\":\"CL\""))
        #expect(admitted.errors.contains("names no address"), "\(admitted.errors)")
        let joined = try await run("clinic", "site", "join", invitation)
        #expect(joined.status == 0 && joined.errors.contains("names no address"), "\(joined.errors)")
        let told = try await run("clinic", "site", "join", invitation, "--address", "hub.example.org:7117")
        #expect(told.status == 0 && told.errors.isEmpty, "\(told.errors)")
    }

    @Test("who says that the words are not the same admits nobody, and a script sees it")
    func otherWords() async throws {
        let clinic = try await ProgramClinic()
        let other = try await ProgramClinic()
        let hub = clinic.folder.path + "/hub"
        _ = try await clinic.run(["init", "--site", "HUB", "--found", "Lung registry", "--store", hub])
        let request = other.folder.path + "/site.request"
        try await other.must("site", "request", "--output", request)
        let terminal = try Terminal()
        let program = try clinic.start(
            ["site", "admit", request, "--store", hub],
            at: .init(terminal)
        )
        try await until("it is asked") { try terminal.text.contains("the same words?") }
        try terminal.type("n\n")
        #expect(try await program.end() == ExitStatus.usage.rawValue)
        #expect(try terminal.text.contains("Nothing was recorded"))
    }

    @Test("no admission, change or joining with an address that an invitation can not hold, in a dry run either")
    func addresses() async throws {
        let folder = try TemporaryDirectory()
        func run(_ store: String, _ arguments: [String]) async throws -> ProgramRun {
            try await ProgramRun.run(
                bytes: arguments.map { Array($0.utf8) },
                in: folder,
                environment: ["ABSCOPE_STORE": folder.path + "/" + store]
            )
        }
        _ = try await run("hub", ["init", "--site", "HUB", "--found", "Lung registry"])
        _ = try await run("clinic", ["init", "--site", "CL"])
        let (request, invitation) = (folder.path + "/site.request", folder.path + "/site.invitation")
        let asked = try await run("clinic", ["site", "request", "--output", request, "--json"])
        let words = ProgramClinic.member("fingerprint", of: asked.output)
        let admit = ["site", "admit", request, "--fingerprint", words, "--output", invitation]
        let many = (1...9).flatMap { ["--address", "hub.example.org:744\($0)"] }
        for wrong in [["--address", "hub.example.org"], ["--address", "hub:0"], ["--address", "hub:99999"], many] {
            for options in [wrong, wrong + ["--dry-run"]] {
                let refused = try await run("hub", admit + options)
                #expect(refused.status == ExitStatus.dataError.rawValue, "\(options): \(refused.errors)")
            }
            let changed = try await run("hub", ["site", "change", "HUB"] + wrong)
            #expect(changed.status == ExitStatus.dataError.rawValue, "\(wrong): \(changed.errors)")
        }
        let listed = try await run("hub", ["site", "list", "--json"])
        #expect(!listed.output.contains("\"alias\":\"CL\""), "\(listed.output)")
        #expect(!listed.output.contains("example.org"), "\(listed.output)")
        let one = ["--address", "hub.example.org:7117"]
        let tried = try await run("hub", admit + one + ["--dry-run"])
        #expect(tried.status == 0 && tried.errors.contains("in this invitation alone"), "\(tried.errors)")
        #expect(try await run("hub", ["site", "change", "HUB"] + one).status == 0)
        let again = try await run("hub", admit + one + ["--dry-run"])
        #expect(again.status == 0 && !again.errors.contains("in this invitation alone"), "\(again.errors)")
        let admitted = try await run("hub", admit + many.dropLast(2))
        #expect(admitted.status == 0, "eight, and the file was not left behind: \(admitted.errors)")
        for wrong in ["hub.example.org", "hub:0"] {
            let refused = try await run("clinic", ["site", "join", invitation, "--address", wrong])
            #expect(refused.status == ExitStatus.dataError.rawValue, "\(wrong): \(refused.errors)")
        }
        let joined = try await run("clinic", ["site", "join", invitation])
        #expect(joined.status == 0, "\(joined.errors)")
    }
}
