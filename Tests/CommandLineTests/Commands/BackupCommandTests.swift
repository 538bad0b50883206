import StoreIO
import TestSupport
import Testing

@testable import abscope

/// Backup, restore and attachments through the built program.
@Suite("Backups and files")
struct BackupCommandTests {
    private let clinic: ProgramClinic
    private let number: String
    private var folder: TemporaryDirectory { clinic.folder }

    init() async throws {
        clinic = try await ProgramClinic()
        try await clinic.must("operator", "add", input: "name: Wang Li\n")
        number = try await clinic.addCase("name: 陈大文\n")
    }

    private func run(_ arguments: String..., store: String = "store", input: String = "") async throws -> ProgramRun {
        try await clinic.run(arguments, input: input, environment: ["ABSCOPE_STORE": folder.path + "/" + store])
    }

    private func member(_ name: String, of text: String) -> String { ProgramClinic.member(name, of: text) }

    @Test("a store is restored from a backup and a paper, names, files and all, and goes on")
    func wholeWay() async throws {
        let backup = folder.path + "/stick/abscope"
        #expect(try await run("backup", backup).errors.contains("abscope backup --new-key"))
        let key = member("backup_key", of: try await run("backup", "--new-key", "--json").output)
        #expect(key.split(separator: " ").count == 18)
        try SmallFile.write([1, 2, 3], to: folder.path + "/form.pdf")
        let attached = try await run("attach", number, folder.path + "/form.pdf", "--title", "consent")
        #expect(attached.status == 0, "\(attached.errors)")
        let first = try await run("backup", backup)
        #expect(first.status == 0 && first.output.contains("read back and proven"), "\(first.errors)")
        let second = try await run("backup", backup, "--verify-all", "--json")
        #expect(second.status == 0 && second.output.contains("\"copied_segments\":0"), "\(second.output)")
        let restored = try await run("restore", backup, folder.path + "/new", input: "key: \(key)\n")
        #expect(restored.status == 0, "\(restored.errors)")
        #expect(restored.output.contains("new epoch") && restored.output.contains("Record it again"))
        #expect(try await run("case", "show", number, store: "new").output.contains("陈大文"))
        let list = try await run("attachment", "list", number, "--json", store: "new")
        #expect(list.output.contains("\"complete\":true") && list.output.contains("consent"))
        let reference = member("reference", of: list.output)
        let exported = try await run("attachment", "export", reference, folder.path + "/out.pdf", store: "new")
        #expect(exported.status == 0, "\(exported.errors)")
        #expect(try SmallFile.read(folder.path + "/out.pdf") == [1, 2, 3])
        let written = try await run("case", "amend", number, "--stage", "IIIB", "--reason", "review", store: "new")
        #expect(written.status == 0 && written.errors.contains("restored from the backup of"), "\(written.errors)")
        #expect(try await run("log", "verify", store: "new").status == 0)
        // A copy of the paper with one wrong digit, another paper, a place that is taken.
        let wrong = String(key.dropLast()) + (key.hasSuffix("0") ? "1" : "0")
        #expect(try await run("restore", backup, folder.path + "/x", input: "key: \(wrong)\n").status == 65)
        let unasked = try await run("backup", "--new-key", "--json")
        #expect(unasked.status == 64 && unasked.errors.contains("--yes") && !unasked.output.contains("backup_key"))
        let other = member("backup_key", of: try await run("backup", "--new-key", "--yes", "--json").output)
        #expect(try await run("restore", backup, folder.path + "/x", input: "key: \(other)\n").status == 65)
        #expect(try await run("restore", backup, clinic.store, input: "key: \(key)\n").status == 73)
    }

    /// Takes the keys of persons away, or makes them something else.
    private func replaceKeys(with bytes: [UInt8]?) throws {
        let disk = LinuxFileSystem()
        for name in try disk.listDirectory(clinic.store) where name.hasPrefix("keys.sqlite") {
            try disk.unlink(clinic.store + "/" + name)
        }
        if let bytes { try disk.createFile(clinic.store + "/keys.sqlite", with: bytes) }
    }

    @Test("keys that the store lost stay in the backup, and those of who was erased do not")
    func keysStay() async throws {
        let backup = folder.path + "/stick"
        let key = member("backup_key", of: try await run("backup", "--new-key", "--json").output)
        let erased = try await clinic.addCase("name: 王小明\n")
        #expect(try await run("backup", backup).status == 0)
        try await clinic.must("person", "erase", erased, "--reason", "asked for", "--yes", erased)
        try replaceKeys(with: nil)
        let later = try await clinic.addCase("name: 李娜\n")
        try replaceKeys(with: nil)
        let second = try await run("backup", backup)
        #expect(second.status == 0 && second.output.contains("holds the key of a person that this store lacks"))
        #expect(try await run("backup", backup, "--json").output.contains("\"keys_beyond_store\":1"))
        #expect(try await run("restore", backup, folder.path + "/new", input: "key: \(key)\n").status == 0)
        #expect(try await run("case", "show", number, store: "new").output.contains("陈大文"))
        #expect(try await run("case", "show", erased, store: "new").output.contains("(erased here)"))
        #expect(try await run("case", "show", later, store: "new").output.contains("does not hold the key"))
    }

    @Test(
        "keys that are lost, or whose file is damaged, are found and brought back from a backup",
        arguments: [true, false]
    )
    func keysComeBack(isLost: Bool) async throws {
        let backup = folder.path + "/stick"
        #expect(try await run("backup", "--new-key").status == 0)
        #expect(try await run("backup", backup).status == 0)
        #expect(try await run("log", "verify").status == 0)
        try replaceKeys(with: isLost ? nil : [UInt8](repeating: 0x41, count: 8_192))
        let found = try await run("log", "verify")
        #expect(found.status == 3 && found.output.contains("keys.sqlite"), "\(found.output)\(found.errors)")
        #expect(!isLost || found.output.contains("The keys of 1 person are not in keys.sqlite any more"))
        let doctor = try await run("doctor")
        #expect(doctor.status == 3 && doctor.output.contains("Names are missing"), "\(doctor.output)")
        let dry = try await run("log", "repair", "--from", backup, "--dry-run")
        #expect(dry.status == 3)
        let repaired = try await run("log", "repair", "--from", backup)
        #expect(repaired.status == 0, "\(repaired.output)\(repaired.errors)")
        #expect(repaired.output.contains("The key of a person is back."))
        #expect(try await run("log", "verify").status == 0)
        #expect(try await run("case", "show", number).output.contains("陈大文"))
        #expect(try await run("case", "find", input: "陈大\n").output.contains(number))
        #expect(try await run("log", "repair", "--from", backup).output.contains("Nothing is damaged."))
    }

    @Test("what a killed restore left is removed by the next one, which says so; what nobody can tell of is named")
    func killedRestore() async throws {
        let backup = folder.path + "/stick"
        let key = member("backup_key", of: try await run("backup", "--new-key", "--json").output)
        #expect(try await run("backup", backup).status == 0)
        let disk = LinuxFileSystem()
        let (left, unknown) = ("new.new-0123456789abcdef", "new.new-1123456789abcdef")
        for name in [left, unknown] { try disk.makeDirectories("\(folder.path)/\(name)/feeds") }
        try disk.createFile("\(folder.path)/\(left)/LOCK.new", with: [])
        let restored = try await run("restore", backup, folder.path + "/new", input: "key: \(key)\n")
        #expect(restored.status == 1, "\(restored.output)\(restored.errors)")
        #expect(restored.output.contains(left) && restored.output.contains(unknown), "\(restored.output)")
        #expect(try !disk.exists("\(folder.path)/\(left)") && disk.exists("\(folder.path)/\(unknown)"))
        let doctor = try await run("doctor", store: "new")
        #expect(doctor.output.contains(unknown) && !doctor.output.contains(left), "\(doctor.output)")
        for path in ["\(unknown)/feeds", unknown] { try disk.removeDirectory("\(folder.path)/\(path)") }
        let content = try await run("doctor", store: "new")
        #expect(content.output.contains("Nothing is left over"), "\(content.output)")
    }

    @Test("places and words that can not be are told in one sentence")
    func refusals() async throws {
        #expect(try await run("backup").status == 64)
        #expect(try await run("backup", "--new-key", folder.path + "/b").status == 64)
        #expect(try await run("backup", "--new-key").status == 0)
        #expect(try await run("backup", clinic.store + "/backup").status == 65)
        #expect(try await run("backup", folder.path).status == 65)
        let nowhere = try await run("restore", folder.path + "/none", folder.path + "/x")
        #expect(nowhere.status == 66 && nowhere.errors.contains("no such folder"), "no key is asked for")
        #expect(try await run("backup", folder.path + "/good").status == 0)
        #expect(try await run("restore", folder.path + "/good", folder.path + "/x", input: "key: 12\n").status == 65)
        let inside = try await run("restore", folder.path + "/good", folder.path + "/good/store")
        #expect(inside.status == 65 && inside.errors.contains("inside a backup"), "\(inside.errors)")
        #expect(
            try await run("restore", folder.path + "/good").status == 73,
            "the store is there, before a key is asked for"
        )
        #expect(try await run("backup", "").status == 64)
        try SmallFile.write([1], to: folder.path + "/good/BACKUP")
        let label = try await run("backup", folder.path + "/good")
        #expect(label.status == 3 && label.errors.contains("whose backup"), "\(label.errors)")
        #expect(try await run("attach", number, "/dev/null").errors.contains("no regular file"))
        #expect(try await run("attach", number, folder.path + "/none").status == 66)
        #expect(try await run("attach", number, folder.path).status != 0)
        #expect(try await run("attachment", "export", number, folder.path + "/x").status == 65)
        #expect(try await run("attachment", "list", number).output.contains("No file"))
    }

    @Test("the same file again is told, a file that exists is not written over")
    func files() async throws {
        try SmallFile.write([7, 7], to: folder.path + "/scan")
        let first = try await run("attach", number, folder.path + "/scan", "--json")
        let reference = member("reference", of: first.output)
        let again = try await run("attach", number, folder.path + "/scan")
        #expect(again.status == 0 && again.output.contains(reference))
        #expect(try await run("case", "show", number).output.contains("scan"))
        let part = try await run("log", "show", "GY.3.1")
        #expect(part.status == 0 && part.output.contains("part 1 of an attached file"), "\(part.output)")
        let parts = try await run("log", "show", "GY.3.1", "--json").output
        #expect(parts.contains("\"part\":1}") && !parts.contains("problem"), "\(parts)")
        #expect(try await run("attachment", "export", reference, folder.path + "/scan").status == 73)
        #expect(try await run("log", "verify").status == 0)
        #expect(try await run("case", "timeline", number).status == 0)
        #expect(try await [0, 1].contains(run("today").status))
        let taken = try await run("case", "retract", reference, "--reason", "wrong form")
        #expect(taken.status == 0, "\(taken.errors)")
        #expect(try await run("attachment", "list", number).output.contains("No file"))
    }
}
