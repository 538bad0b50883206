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
        #expect(try await run("clinic", "site", "join", invitation).status == 0)
    }
}
