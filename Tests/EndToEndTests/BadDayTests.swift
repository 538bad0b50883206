import Foundation
import Glibc
import TestSupport
import Testing

/// Stores and disks that are not as they should be, through the program.
@Suite("Bad days of a store")
struct BadDayTests {
    private static let add = ["case", "add", "--stage", "II"]
    private static let person = "name: Zhao Min\n"

    @Test("a folder that is no store, and one that is not there, are refused before anything is made in them")
    func noStore() async throws {
        let site = try Site("GY")
        let missing = try await site.run(Self.add, input: Self.person)
        #expect(missing.status == 66)
        #expect(missing.errors.contains("abscope init"))
        missing.expectOneSentence()
        #expect(!FileManager.default.fileExists(atPath: site.store))
        try FileManager.default.createDirectory(atPath: site.store, withIntermediateDirectories: false)
        try Data("mine".utf8).write(to: URL(filePath: site.store + "/letter.txt"))
        let other = try await site.run(Self.add, input: Self.person)
        #expect(other.status == 66)
        #expect(other.errors.contains("--store"))
        other.expectOneSentence()
        #expect(try FileManager.default.contentsOfDirectory(atPath: site.store) == ["letter.txt"])
    }

    @Test("a store of a newer format is left as it is, by both programs")
    func newerFormat() async throws {
        let site = try await Site.made("GY")
        let path = URL(filePath: site.store + "/FORMAT")
        let format = try String(contentsOf: path, encoding: .utf8)
        unsafe chmod(path.path, 0o600)
        try Data(format.replacing("abscope store 1", with: "abscope store 9").utf8).write(to: path)
        let before = try Self.contents(of: site.store)
        let refused = try await site.run(Self.add, input: Self.person)
        #expect(refused.status == 78)
        #expect(refused.errors.contains("later"))
        refused.expectOneSentence()
        let daemon = try await site.run(program: try BuiltProgram.abscoped.path(), bytes: [])
        #expect(daemon.status == 78)
        #expect(daemon.errors.contains("later"), "\(daemon.errors)")
        #expect(try Self.contents(of: site.store) == before)
    }

    @Test(
        "a store that lacks a file is damaged and no wrong path, for both programs",
        arguments: ["FORMAT", "SITE", "LOCK"]
    )
    func fileMissing(name: String) async throws {
        let site = try await Site.made("GY")
        let before = try await site.frontier()
        let path = site.store + "/" + name
        try FileManager.default.moveItem(atPath: path, toPath: path + ".away")
        for command in [Self.add, ["case", "list"], ["log", "verify"]] {
            let refused = try await site.run(command, input: Self.person)
            #expect(refused.status == 3, "\(command): \(refused.errors)")
            #expect(refused.errors.contains("its \(name).") && refused.errors.contains("abscope restore"))
            refused.expectOneSentence()
        }
        let daemon = try await site.run(program: try BuiltProgram.abscoped.path(), bytes: [])
        #expect(daemon.status == 3 && daemon.errors.contains("its \(name)."), "\(daemon.errors)")
        let doctor = try await site.run(["doctor"])
        #expect(doctor.status == 3 && doctor.output.contains("its \(name)."), "\(doctor.output)\(doctor.errors)")
        try FileManager.default.moveItem(atPath: path + ".away", toPath: path)
        #expect(try await site.frontier() == before)
    }

    @Test("without the folder of feeds recording goes on, and what is gone is said until a copy brings it back")
    func feedsMissing() async throws {
        let site = try await Site.made("GY")
        try await site.addCase("Liu Fang")
        let copy = site.folder.path + "/copy"
        try FileManager.default.copyItem(atPath: site.store, toPath: copy)
        try FileManager.default.removeItem(atPath: site.store + "/feeds")
        let added = try await site.run(Self.add, input: Self.person)
        #expect(added.status == 0, "\(added.output)\(added.errors)")
        #expect(added.errors.contains("Incident "), "\(added.errors)")
        let found = try await site.run(["log", "verify"])
        #expect(found.status == 3 && found.output.contains("folder is gone"), "\(found.output)\(found.errors)")
        #expect(try await site.run(["doctor"]).status == 3)
        let repaired = try await site.run(["log", "repair", "--from", copy])
        #expect(repaired.status == 0, "\(repaired.output)\(repaired.errors)")
        #expect(try await site.run(["log", "verify"]).status == 0)
        #expect(try await site.cases().count == 2)
    }

    @Test("a key that is missing, and one that others may read, is said with what to do")
    func keys() async throws {
        let site = try await Site.made("GY")
        let before = try await site.frontier()
        let key = site.store + "/site.key"
        unsafe chmod(key, 0o644)
        let open = try await site.run(Self.add, input: Self.person)
        #expect(open.status == 77)
        #expect(open.errors.contains("chmod") || open.errors.contains("600"), "\(open.errors)")
        open.expectOneSentence()
        try FileManager.default.moveItem(atPath: key, toPath: key + ".away")
        let missing = try await site.run(Self.add, input: Self.person)
        #expect(missing.status == 66)
        #expect(missing.errors.contains("backup"))
        missing.expectOneSentence()
        try FileManager.default.moveItem(atPath: key + ".away", toPath: key)
        unsafe chmod(key, 0o600)
        #expect(try await site.frontier() == before)
    }

    @Test(
        "another account is refused with the line to use, and sees nothing",
        .enabled(if: isAdministrator, "only the administrator can become another account")
    )
    func otherAccount() async throws {
        let site = try await Site.made("GY")
        let before = try await site.frontier()
        // The other account can come as far as the store itself.
        unsafe chmod(site.folder.path, 0o755)
        let programs = try await Self.copyOfProgram(for: site)
        for command in [Self.add, ["case", "list"], ["log", "stats"]] {
            let refused = try await site.run(
                program: "/usr/bin/setpriv",
                bytes: (["--reuid=65534", "--regid=65534", "--clear-groups", programs] + command).map {
                    Array($0.utf8)
                },
                input: Array(Self.person.utf8)
            )
            #expect(refused.status == 77, "\(command): \(refused.errors)")
            #expect(refused.errors.contains("sudo -u"), "\(refused.errors)")
            refused.expectOneSentence()
        }
        #expect(try await site.frontier() == before)
    }

    @Test(
        "a full disk refuses the record and keeps what was acknowledged; with room, recording goes on",
        .enabled(if: isAdministrator, "only the administrator can mount a small disk")
    )
    func fullDisk() async throws {
        let site = try Site("FU")
        let run = try await Self.onSmallDisk(
            """
            $A init --site FU && echo "name: Wang Li" | $A operator add && echo "name: Liu Fang" | $A case add
            filled=0
            for size in 4096 16 1; do dd if=/dev/zero of=disk/fill.$size bs=${size}k 2>>dd || filled=1; done
            echo "filled $filled"
            echo "name: Zhao Min" | $A case add 2>refused; echo "refused $?"
            rm disk/fill.*
            $A log verify; echo "verified $?"
            echo "name: Zhao Min" | $A case add; echo "recorded $?"
            $A log stats --json
            """,
            at: site
        )
        #expect(run.output.contains("filled 1"), "the disk is full: \(run.errors)")
        #expect(run.output.contains("refused 74"), "\(run.output)\(run.errors)")
        #expect(run.output.contains("2 entries proven"), "\(run.output)")
        #expect(run.output.contains("verified 0"), "\(run.output)")
        #expect(run.output.contains("recorded 0"), "\(run.output)\(run.errors)")
        #expect(run.output.contains("\"position\":3,"), "\(run.output)")
        let said = try String(contentsOf: URL(filePath: site.folder.path + "/refused"), encoding: .utf8)
        ProgramRun(status: 74, output: "", errors: said).expectOneSentence()
        #expect(said.contains("room"), "\(said)")
        #expect(!said.contains("move it away"), "the keys are sound, and may be nowhere else: \(said)")
    }

    @Test(
        "a read-only disk refuses the record, and the store is the same afterwards",
        .enabled(if: isAdministrator, "only the administrator can mount a disk read-only")
    )
    func readOnlyDisk() async throws {
        let site = try Site("RO")
        let run = try await Self.onSmallDisk(
            """
            $A init --site RO && echo "name: Wang Li" | $A operator add
            $A log stats --json > before
            mount -o remount,ro disk
            echo "name: Zhao Min" | $A case add 2>refused; echo "refused $?"
            mount -o remount,rw disk
            $A log stats --json > after
            cmp before after; echo "same $?"
            """,
            at: site
        )
        #expect(run.output.contains("refused 73"), "\(run.output)\(run.errors)")
        #expect(run.output.contains("same 0"), "\(run.output)")
        let said = try String(contentsOf: URL(filePath: site.folder.path + "/refused"), encoding: .utf8)
        ProgramRun(status: 73, output: "", errors: said).expectOneSentence()
        #expect(said.contains("read-only"), "\(said)")
    }

    @Test(
        "on a read-only disk names are readable, also those that a killed program left beside the keys' file",
        .enabled(if: isAdministrator, "only the administrator can mount a disk read-only")
    )
    func namesOnReadOnlyDisk() async throws {
        let site = try Site("RO")
        // While one program waits for its input with the keys open, the other's key stays in keys.sqlite-wal.
        let run = try await Self.onSmallDisk(
            """
            $A init --site RO && echo "name: Wang Li" | $A operator add && echo "name: 陈大文" | $A case add
            mkfifo hold; $A case add < hold & holder=$!
            exec 3> hold
            for try in $(seq 300); do [ -e disk/store/keys.sqlite-shm ] && break; sleep 0.1; done
            echo "name: 欧阳" | $A case add > made; number=$(head -1 made | cut -d' ' -f2)
            kill -9 $holder; wait $holder; exec 3>&-
            mount -o remount,ro disk
            $A case list > left; $A case show $number > show
            mount -o remount,rw disk; rm disk/store/keys.sqlite-shm; mount -o remount,ro disk
            $A case list > lost 2> note
            mount -o remount,rw disk; $A case list > whole; mount -o remount,ro disk
            [ -e disk/store/keys.sqlite-wal ] || echo "no wal"
            $A case list > alone; echo 大文 | $A case find > found
            cmp whole left; echo "left $?"; cmp whole alone; echo "alone $?"
            """,
            at: site
        )
        #expect(["no wal", "left 0", "alone 0"].allSatisfy(run.output.contains), "\(run.output)\(run.errors)")
        func said(_ file: String) throws -> String {
            try String(contentsOf: URL(filePath: site.folder.path + "/" + file), encoding: .utf8)
        }
        for (file, name) in [("whole", "陈大文"), ("whole", "欧阳"), ("show", "欧阳"), ("found", "陈大文")] {
            #expect(try said(file).contains(name), "\(file): \(run.errors)")
        }
        #expect(try !said("lost").contains("欧阳"))
        #expect(try said("note").contains("keys.sqlite-wal holds keys"))
    }

    // MARK: - Helpers

    /// Runs a script in the site's folder, with a disk of 3 MiB at `disk`, seen by that script only. `$A` is `abscope`
    /// with a store on it.
    private static func onSmallDisk(_ script: String, at site: Site) async throws -> ProgramRun {
        let text = """
            cd "\(site.folder.path)" && mkdir disk && mount -t tmpfs -o size=3m,mode=700 none disk || exit 99
            A="\(try BuiltProgram.abscope.path()) --store \(site.folder.path)/disk/store"
            \(script)
            """
        return try await site.run(
            program: "/usr/bin/unshare",
            bytes: ["--mount", "--propagation", "private", "bash", "-c", text].map { Array($0.utf8) }
        )
    }

    /// The built program may lie where the other account can not come.
    private static func copyOfProgram(for site: Site) async throws -> String {
        // Copied by a process of its own: no program can be started while anybody has it open for writing, and other
        // tests start processes that inherit what is open here.
        let copied = try await site.run(
            program: "/usr/bin/install",
            bytes: ["-m", "755", try BuiltProgram.abscope.path(), site.folder.path].map { Array($0.utf8) }
        )
        guard copied.status == 0 else { throw Hindrance("the program can not be copied: \(copied.errors)") }
        return site.folder.path + "/abscope"
    }

    /// Every file with its bytes.
    private static func contents(of folder: String) throws -> [String: Data] {
        var contents: [String: Data] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
            let whole = folder + "/" + path
            let type = try FileManager.default.attributesOfItem(atPath: whole)[.type] as? FileAttributeType
            guard type == .typeRegular else { continue }
            contents[path] = try Data(contentsOf: URL(filePath: whole))
        }
        return contents
    }
}
