import Glibc
import StoreIO
import TestSupport
import Testing

@testable import abscope

/// The built program as a process of its own, in a folder of its own.
@Suite("The program as a process")
struct ProcessTests {
    private let folder: TemporaryDirectory
    private var store: String { folder.path + "/store" }

    init() throws {
        folder = try TemporaryDirectory()
    }

    @Test("init makes a store, says what it is, and which log format it has")
    func initialize() async throws {
        let made = try await ProgramRun.run("init", "--site", "gy", "--store", store, in: folder)
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.output.contains("Site GY"))
        #expect(made.output.contains("Log format 1"))
        #expect(made.errors.isEmpty)
        let again = try await ProgramRun.run("init", "--site", "GY", "--store", store, in: folder)
        #expect(again.status == ExitStatus.cannotCreate.rawValue)
        #expect(again.errors.contains("There is already a store here"))
    }

    @Test("founding prints the recovery key exactly once and stores it nowhere")
    func found() async throws {
        let made = try await ProgramRun.run("init", "--site", "HUB", "--found", "North", "--store", store, in: folder)
        #expect(made.status == 0, "\(made.errors)")
        let lines = made.output.split(separator: "\n").filter { $0.hasPrefix("Recovery key: ") }
        #expect(lines.count == 1)
        let key = lines.first?.split(separator: ":").last?.filter { $0 != " " } ?? ""
        #expect(key.count == 72 && key.allSatisfy(\.isHexDigit))
        let sites = try await ProgramRun.run("site", "list", "--store", store, in: folder)
        #expect(sites.status == 0, "\(sites.errors)")
        #expect(sites.output.contains("HUB") && sites.output.contains("administrator"))
        #expect(!sites.output.contains(key))
        let found = try await ProgramRun.run("log", "show", "HUB.0.1", "--count", "5", "--store", store, in: folder)
        #expect(found.status == 0, "\(found.errors)")
        #expect(found.output.contains("founding"))
        #expect(found.output.contains("admission"))
    }

    @Test("an entry is shown by the reference that was printed, and a wrong digest is named")
    func references() async throws {
        _ = try await ProgramRun.run("init", "--site", "HUB", "--found", "North", "--store", store, in: folder)
        let shown = try await ProgramRun.run("log", "show", "hub.0.1", "--store", store, in: folder)
        let reference = shown.output.split(separator: "\n").first.map(String.init) ?? ""
        #expect(reference.hasPrefix("HUB.0.1-"))
        #expect(try await ProgramRun.run("log", "show", reference, "--store", store, in: folder).status == 0)
        let other = try await ProgramRun.run("log", "show", "HUB.0.1-00000000", "--store", store, in: folder)
        #expect(other.status == ExitStatus.noInput.rawValue)
        #expect(other.errors.contains("does not fit"))
        let none = try await ProgramRun.run("log", "show", "HUB.0.99", "--store", store, in: folder)
        #expect(none.status == ExitStatus.noInput.rawValue)
        #expect(
            try await ProgramRun.run("log", "show", "x", "--store", store, in: folder).status
                == ExitStatus.dataError.rawValue
        )
    }

    @Test("stats and verify answer for people and as JSON that parses, and write nothing else to standard output")
    func care() async throws {
        _ = try await ProgramRun.run("init", "--site", "HUB", "--found", "North", "--store", store, in: folder)
        for command in [
            ["log", "stats"], ["log", "verify"], ["log", "seal"], ["site", "list"], ["log", "show", "HUB.0.1"],
        ] {
            let people = try await ProgramRun.run(
                bytes: (command + ["--store", store]).map { Array($0.utf8) },
                in: folder
            )
            #expect(people.status == 0, "\(command): \(people.errors)")
            #expect(!people.output.isEmpty)
            #expect(!people.output.contains("\u{1B}"), "no colour in a pipe")
            let json = try await ProgramRun.run(
                bytes: (command + ["--json", "--store", store]).map { Array($0.utf8) },
                in: folder
            )
            #expect(json.status == 0)
            #expect(json.output.split(separator: "\n").count == 1)
            #expect(JSONCheck.isValid(json.output.trimmed), "\(json.output)")
        }
    }

    @Test("a changed byte in the log is found: status 3 and the place")
    func damage() async throws {
        _ = try await ProgramRun.run("init", "--site", "HUB", "--found", "North", "--store", store, in: folder)
        let path = try #require(try Self.segments(in: store + "/feeds").first)
        var bytes = try read(path)
        let place = try #require(bytes.lastIndex { $0 != 0 })
        bytes[place - 40] ^= 1
        try write(bytes, to: path)
        let verified = try await ProgramRun.run("log", "verify", "--store", store, in: folder)
        #expect(verified.status == ExitStatus.damagedStore.rawValue, "\(verified.output)\(verified.errors)")
        #expect(verified.output.contains("HUB roster"))
    }

    @Test("what is no store, or not there, is said with what to do")
    func noStore() async throws {
        let missing = try await ProgramRun.run("log", "stats", "--store", folder.path + "/none", in: folder)
        #expect(missing.status == ExitStatus.noInput.rawValue)
        #expect(missing.errors.contains("abscope init"))
        try write([1, 2, 3], to: folder.path + "/file")
        let file = try await ProgramRun.run("log", "stats", "--store", folder.path + "/file", in: folder)
        #expect(file.status == ExitStatus.noInput.rawValue)
        let json = try await ProgramRun.run("log", "stats", "--json", "--store", folder.path + "/none", in: folder)
        #expect(json.output.isEmpty)
        #expect(JSONCheck.isValid(json.errors.trimmed), "\(json.errors)")
        #expect(json.errors.contains("\"kind\":\"no-input\""))
    }

    @Test("a readable key and a newer format are refused with their status, and nothing is changed")
    func unsafeStores() async throws {
        _ = try await ProgramRun.run("init", "--site", "GY", "--store", store, in: folder)
        unsafe chmod(store + "/site.key", 0o644)
        let open = try await ProgramRun.run("log", "stats", "--store", store, in: folder)
        #expect(open.status == ExitStatus.noPermission.rawValue, "\(open.errors)")
        unsafe chmod(store + "/site.key", 0o600)
        let format = String(decoding: try read(store + "/FORMAT"), as: UTF8.self)
        unsafe chmod(store + "/FORMAT", 0o600)
        try write(Array(format.replacing("abscope store 1", with: "abscope store 9").utf8), to: store + "/FORMAT")
        let newer = try await ProgramRun.run("log", "stats", "--store", store, in: folder)
        #expect(newer.status == ExitStatus.configuration.rawValue)
        #expect(!newer.errors.isEmpty && !newer.errors.contains("StorageError"))
    }

    @Test("a mistyped command is named with the one that was meant")
    func unknownCommand() async throws {
        let typo = try await ProgramRun.run("log", "stast", in: folder)
        #expect(typo.status == ExitStatus.usage.rawValue)
        #expect(typo.errors.contains("`abscope log stats`"))
        let unknown = try await ProgramRun.run("frobnicate", in: folder)
        #expect(unknown.status == ExitStatus.usage.rawValue)
        #expect(unknown.errors.contains("init"))
        let option = try await ProgramRun.run("log", "stats", "--frob", in: folder)
        #expect(option.status == ExitStatus.usage.rawValue)
        let lines = option.errors.split(separator: "\n")
        #expect(lines.count == 2 && lines.last?.hasPrefix("Usage: abscope log stats") == true, "\(option.errors)")
    }

    @Test("common options may stand before the command")
    func optionsFirst() async throws {
        _ = try await ProgramRun.run("--store", store, "init", "--site", "GY", in: folder)
        let stats = try await ProgramRun.run("--json", "--store=" + store, "log", "stats", in: folder)
        #expect(stats.status == 0, "\(stats.errors)")
        #expect(stats.output.hasPrefix("{"))
    }

    @Test("the store comes from ABSCOPE_STORE, else from the home folder")
    func storeFromEnvironment() async throws {
        #expect(
            try await ProgramRun.run("init", "--site", "GY", in: folder, environment: ["ABSCOPE_STORE": store]).status
                == 0
        )
        #expect(try await ProgramRun.run("log", "stats", in: folder, environment: ["ABSCOPE_STORE": store]).status == 0)
        #expect(try await ProgramRun.run("log", "stats", in: folder).errors.contains("/.abscope"))
    }

    @Test("a missing value is asked for on a terminal only; in a pipe it is an error that names it")
    func missingValue() async throws {
        let run = try await ProgramRun.run("init", "--store", store, in: folder)
        #expect(run.status == ExitStatus.usage.rawValue)
        #expect(run.errors.contains("Missing: site"))
    }

    @Test("a bad alias is refused", arguments: ["G", "ABCDEFGHI", "G1", "é王", "", "../x"])
    func badAlias(alias: String) async throws {
        let run = try await ProgramRun.run("init", "--site", alias, "--store", store, in: folder)
        #expect(run.status == ExitStatus.dataError.rawValue || run.status == ExitStatus.usage.rawValue)
        #expect(
            try await ProgramRun.run("log", "stats", "--store", store, in: folder).status == ExitStatus.noInput.rawValue
        )
    }

    @Test("an argument that is not valid UTF-8 is refused with its number and byte")
    func badArgument() async throws {
        let run = try await ProgramRun.run(bytes: [Array("log".utf8), Array("st".utf8) + [0xFF]], in: folder)
        #expect(run.status == ExitStatus.dataError.rawValue)
        #expect(run.errors.contains("Argument 2"))
        #expect(run.errors.contains("byte 3"))
    }

    @Test("a dry run says what would be made and makes nothing")
    func dryRun() async throws {
        let run = try await ProgramRun.run("init", "--site", "GY", "--dry-run", "--store", store, in: folder)
        #expect(run.status == 0)
        #expect(run.output.contains("Nothing was created"))
        #expect(
            try await ProgramRun.run("log", "stats", "--store", store, in: folder).status == ExitStatus.noInput.rawValue
        )
    }

    @Test("help, version and completion scripts go to standard output with status 0")
    func help() async throws {
        let help = try await ProgramRun.run("--help", in: folder)
        #expect(help.status == 0)
        #expect(help.output.contains("it authorises nothing"))
        #expect(try await ProgramRun.run("--version", in: folder).output == Abscope.version + "\n")
        for shell in ["bash", "zsh", "fish"] {
            let script = try await ProgramRun.run("--generate-completion-script", shell, in: folder)
            #expect(script.status == 0)
            #expect(script.output.contains("abscope"))
        }
        let leaf = try await ProgramRun.run("log", "verify", "--help", in: folder)
        #expect(leaf.output.contains("abscope log verify"))
    }

    private static func segments(in feeds: String) throws -> [String] {
        let disk = LinuxFileSystem()
        return try disk.listDirectory(feeds).flatMap { feed in
            try disk.listDirectory("\(feeds)/\(feed)").filter { $0.hasSuffix(".seg") }.map { "\(feeds)/\(feed)/\($0)" }
        }
    }
}
