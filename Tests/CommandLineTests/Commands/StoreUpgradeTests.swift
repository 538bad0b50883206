import Foundation
import StoreIO
import TestSupport
import Testing

/// `abscope store upgrade` on the store of format 0 that is kept in the repository.
@Suite("Upgrading a store")
struct StoreUpgradeTests {
    private let folder: TemporaryDirectory
    private var store: String { folder.path + "/store" }

    init() throws {
        folder = try TemporaryDirectory()
        let golden = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }
        let manager = FileManager.default
        try manager.copyItem(atPath: golden + "/LogStoreTests/Golden/format-0/store", toPath: store)
        // The repository keeps neither empty folders nor modes.
        for name in ["view", "tmp", "quarantine", "incidents"] {
            try manager.createDirectory(atPath: "\(store)/\(name)", withIntermediateDirectories: true)
        }
        for path in ["."] + (try manager.subpathsOfDirectory(atPath: store)) {
            let isFolder = try manager.attributesOfItem(atPath: "\(store)/\(path)")[.type] as? FileAttributeType
            try manager.setAttributes(
                [.posixPermissions: isFolder == .typeDirectory ? 0o700 : 0o600],
                ofItemAtPath: "\(store)/\(path)"
            )
        }
    }

    private func run(_ arguments: String...) async throws -> ProgramRun {
        try await ProgramRun.run(
            bytes: arguments.map { Array($0.utf8) },
            in: folder,
            environment: ["ABSCOPE_STORE": store]
        )
    }

    private func files() throws -> [String: Data] {
        var files: [String: Data] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: store) {
            let kind = try FileManager.default.attributesOfItem(atPath: "\(store)/\(path)")[.type] as? FileAttributeType
            if kind == .typeRegular { files[path] = try Data(contentsOf: URL(filePath: "\(store)/\(path)")) }
        }
        return files
    }

    @Test("A store of format 0 is refused until it is upgraded, and then proven whole; again there is nothing to do")
    func wholeWay() async throws {
        let refused = try await run("log", "verify")
        #expect(refused.status == 78 && refused.errors.contains("abscope store upgrade"), "\(refused.errors)")
        let before = try files()
        let planned = try await run("store", "upgrade", "--dry-run")
        #expect(planned.status == 0, "\(planned.errors)")
        #expect(planned.output.contains("from format 0 to 1") && planned.output.contains("write anew: 8"))
        #expect(try files() == before)
        let done = try await run("store", "upgrade", "--json")
        #expect(done.status == 0, "\(done.errors)")
        #expect(done.output == "{\"upgraded\":true,\"former_format\":0,\"format\":1,\"segments\":8}\n")
        let proven = try await run("log", "verify", "--json")
        #expect(proven.output.contains("\"proven_entries\":36,"), "\(proven.output)")
        // Made by the log alone, the store names a registry and has no founding entry of it; nothing else is said.
        #expect(proven.status == 3 && proven.output.components(separatedBy: "\"weight\":\"damage\"").count == 2)
        #expect(proven.output.contains("REGISTRY"))
        let again = try await run("store", "upgrade")
        #expect(again.status == 0 && again.output.contains("nothing to do"), "\(again.errors)")
    }

    @Test("While a program has the store open nothing is upgraded, and afterwards it is")
    func open() async throws {
        let before = try files()
        do {
            // As a daemon of the earlier version holds it.
            let lock = try LinuxFileSystem().openFile(store + "/LOCK", .read)
            try #require(try lock.lock(.shared, waiting: false))
            for arguments in [["store", "upgrade"], ["store", "upgrade", "--dry-run"]] {
                let refused = try await ProgramRun.run(
                    bytes: arguments.map { Array($0.utf8) },
                    in: folder,
                    environment: ["ABSCOPE_STORE": store]
                )
                #expect(refused.status == 75 && refused.errors.contains("end the daemon"), "\(refused.errors)")
            }
            #expect(try files() == before)
            withExtendedLifetime(lock) {}
        }
        #expect(try await run("store", "upgrade").status == 0)
    }

    @Test("Where there is no store, or one of a later version, that is told")
    func noStore() async throws {
        let none = try await run("store", "upgrade", "--store", folder.path + "/none")
        #expect(none.status == 66 && none.errors.contains("abscope init"), "\(none.errors)")
        try SmallFile.write(Array("abscope store 7\n".utf8), to: store + "/FORMAT")
        let later = try await run("store", "upgrade")
        #expect(later.status == 78 && later.errors.contains("another format"), "\(later.errors)")
    }
}
