import StoreIO
import TestSupport
import Testing

/// Where a person's key is missing or was destroyed, every command answers, and says that the name is not readable here.
@Suite("Names that can not be read here")
struct MissingKeyTests {
    @Test("show, list, find, history, timeline and today answer without the key, in words and as JSON")
    func everywhere() throws {
        let folder = try TemporaryDirectory()
        let store = folder.path + "/s"
        func run(_ arguments: String..., input: String = "") throws -> ProgramRun {
            let run = try ProgramRun.run(
                bytes: arguments.map { Array($0.utf8) },
                input: input,
                in: folder,
                environment: ["ABSCOPE_STORE": store]
            )
            #expect(run.status == 0, "\(arguments): \(run.errors)")
            return run
        }
        _ = try run("init", "--site", "GY")
        _ = try run("operator", "add", input: "name: 王丽\n")
        let made = try run("case", "add", "--stage", "IIIA", "--json", input: "name: 陈大文\nbirth-date: 1958-03-05\n")
        let parts = made.output.split(separator: "\"case\":\"")
        let number = try #require(parts.last.map { String($0.prefix { $0 != "\"" }) })
        #expect(try run("case", "find", input: "陈大\n").output.contains("陈大文"))
        let disk = LinuxFileSystem()
        for name in try disk.listDirectory(store) where name.hasPrefix("keys.sqlite") {
            try disk.unlink(store + "/" + name)
        }
        _ = try run("view", "rebuild")
        for arguments in [
            ["case", "show", number], ["case", "history", number], ["case", "timeline", number],
            ["case", "find"], ["case", "list"], ["today"],
        ] {
            for isJSON in [false, true] {
                let run = try ProgramRun.run(
                    bytes: (arguments + (isJSON ? ["--json"] : [])).map { Array($0.utf8) },
                    input: arguments == ["case", "find"] ? number + "\n" : "",
                    in: folder,
                    environment: ["ABSCOPE_STORE": store]
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
        try disk.createFile(store + "/keys.sqlite", with: [UInt8](repeating: 0x41, count: 8_192))
        let damaged = try run("case", "show", number)
        #expect(damaged.errors.contains("keys.sqlite can not be used"), "\(damaged.errors)")
    }
}
