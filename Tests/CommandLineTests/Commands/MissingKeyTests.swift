import StoreIO
import TestSupport
import Testing

/// Where a person's key is missing or was destroyed, every command answers, and says that the name is not readable here.
@Suite("Names that can not be read here")
struct MissingKeyTests {
    @Test("show, list, find, history, timeline and today answer without the key, in words and as JSON")
    func everywhere() async throws {
        let clinic = try await ProgramClinic()
        try await clinic.must("operator", "add", input: "name: 王丽\n")
        let number = try await clinic.addCase("name: 陈大文\nbirth-date: 1958-03-05\n", "--stage", "IIIA")
        #expect(try await clinic.must("case", "find", input: "陈大\n").contains("陈大文"))
        let disk = LinuxFileSystem()
        for name in try disk.listDirectory(clinic.store) where name.hasPrefix("keys.sqlite") {
            try disk.unlink(clinic.store + "/" + name)
        }
        try await clinic.must("view", "rebuild")
        for arguments in [
            ["case", "show", number], ["case", "history", number], ["case", "timeline", number],
            ["case", "find"], ["case", "list"], ["today"],
        ] {
            for isJSON in [false, true] {
                let run = try await clinic.run(
                    arguments + (isJSON ? ["--json"] : []),
                    input: arguments == ["case", "find"] ? number + "\n" : ""
                )
                #expect(run.status == 0, "\(arguments): \(run.errors)")
                #expect(!run.output.contains("陈") && !run.output.contains("03-05"), "\(arguments)")
                if ["show", "list", "find"].contains(arguments.count > 1 ? arguments[1] : "") {
                    let mark = isJSON ? "\"name\":{\"sealed\":true}" : "does not hold the key"
                    #expect(run.output.contains(mark), "\(arguments): \(run.output)")
                }
                #expect(!run.errors.contains("keys.sqlite"), "\(arguments): \(run.errors)")
            }
        }
        // That the file is damaged is another matter than a key that never came.
        try disk.createFile(clinic.store + "/keys.sqlite", with: [UInt8](repeating: 0x41, count: 8_192))
        let damaged = try await clinic.run("case", "show", number)
        #expect(damaged.status == 0)
        #expect(damaged.errors.contains("keys.sqlite can not be used"), "\(damaged.errors)")
    }
}
