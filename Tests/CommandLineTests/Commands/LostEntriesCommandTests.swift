import StoreIO
import TestSupport
import Testing

@testable import abscope

/// What commands say of entries that are damaged or lost.
@Suite("Lost entries by the command line")
struct LostEntriesCommandTests {
    private let clinic: ProgramClinic
    private let number: String
    private var store: String { clinic.store }
    private var copy: String { clinic.folder.path + "/copy" }

    /// A course with one fraction, then a case in a segment of its own, then another; and a copy of that.
    init() async throws {
        clinic = try await ProgramClinic()
        try await clinic.must("operator", "add", input: "name: Wang Li\n")
        number = try await clinic.addCase("name: Zhao Min\n")
        let course = [
            "course", "add", number, "--name", "thorax", "--site", "lung", "--laterality", "right",
            "--dose-per-fraction", "2.00 Gy", "--fractions", "30", "--first", "2026-01-05",
        ]
        #expect(try await clinic.run(course).status == 0)
        try await clinic.must("fraction", "give", number, "--date", "2026-01-05")
        try await clinic.must("log", "seal", "--active")
        _ = try await clinic.addCase("name: Liu Fang\n")
        try await clinic.must("log", "seal", "--active")
        _ = try await clinic.addCase("name: Chen Jie\n")
        let copied = try await clinic.start("/bin/cp", ["-a", store, copy]).run()
        try #require(copied.status == 0)
    }

    private func segments() throws -> [String] {
        let disk = LinuxFileSystem()
        let feed = try disk.listDirectory(store + "/feeds").first { $0.hasSuffix("-2") }
        let folder = "\(store)/feeds/\(try #require(feed))"
        return try disk.listDirectory(folder).filter { $0.hasSuffix("seg") }.sorted().map { "\(folder)/\($0)" }
    }

    @Test("what is left is shown, what is missing is said by every answer, and repair makes it whole")
    func lostSegment() async throws {
        let disk = LinuxFileSystem()
        let paths = try segments()
        try #require(paths.count == 3)
        try disk.unlink(paths[1])
        for name in try disk.listDirectory(store + "/view") { try disk.unlink("\(store)/view/\(name)") }

        // Damaged: an answer from less is refused, or marked.
        let listed = try await clinic.run("case", "list")
        #expect(listed.output.contains("Zhao Min") && listed.output.contains("Chen Jie"), "\(listed.output)")
        #expect(listed.errors.contains("not shown") && listed.errors.contains("log verify"), "\(listed.errors)")
        #expect(try await clinic.run("today").status == 75)
        let stale = try await clinic.run("today", "--stale", "--json")
        #expect(JSONCheck.isValid(stale.output.trimmed), "\(stale.output)")
        #expect(stale.output.contains("\"stale\":true,\"missing_entries\":1,\"lost_entries\":0"))
        #expect(stale.output.contains("course.entries-missing") && !stale.output.contains("due_fraction"))
        let verified = try await clinic.run("log", "verify")
        #expect(verified.status == 3)
        let doctor = try await clinic.run("doctor")
        #expect(doctor.status == 3 && doctor.output.contains("Verified on"), "\(doctor.output)")
        #expect(doctor.output.contains("log repair --from"))

        // Taken for lost: answers say what they lack, and nothing is proposed where it may matter.
        let accept = ["log", "repair", "--accept-loss", "--reason", "no copy", "--yes", "1"]
        #expect(try await clinic.run(accept).status == 0)
        let today = try await clinic.run("today")
        #expect(today.status == 1 && today.output.contains("INCOMPLETE: 1 entry is lost"), "\(today.output)")
        #expect(today.output.contains("fractions of this course"), "\(today.output)")
        #expect(today.errors.contains("1 entry of the log is lost and not shown: GY records, "), "\(today.errors)")
        let show = try await clinic.run("case", "show", number, "--json")
        #expect(show.status == 1 && JSONCheck.isValid(show.output.trimmed), "\(show.output)")
        #expect(show.output.contains("\"lost_entries\":1") && show.output.contains("\"accepted\":true"))
        #expect(try await clinic.run("case", "show", number).output.contains("may concern this case"))
        let fractions = try await clinic.run("fraction", "list", number)
        #expect(fractions.status == 1 && fractions.output.contains("thorax: 1 entry is missing"), "\(fractions.output)")
        let course = try await clinic.run("course", "show", number, "--json")
        #expect(course.output.contains("\"missing_entries\":1") && course.output.contains("\"next_fraction\":null"))
        let refused = try await clinic.run("fraction", "give", number, "--date", "2026-01-06")
        #expect(refused.status == 65 && refused.errors.contains("--number"), "\(refused.errors)")
        #expect(refused.errors.contains("missing here"))
        let given = try await clinic.run("fraction", "give", number, "--date", "2026-01-06", "--number", "2")
        #expect(given.status == 0 && given.errors.contains("is not certain"), "\(given.errors)")
        #expect(try await clinic.run("doctor", "--json").output.contains("lost and not shown"))
        #expect(try await clinic.run("view", "rebuild").status == 0)

        // It turns up.
        #expect(try await clinic.run("log", "repair", "--from", copy).status == 0)
        let whole = try await clinic.run("case", "list")
        #expect(whole.output.contains("Liu Fang") && !whole.errors.contains("lost"), "\(whole.errors)")
        #expect(try await clinic.run("case", "show", number).status == 0)
        #expect(try await clinic.run("today").output.contains("fraction 3 of 30"))
        let healthy = try await clinic.run("doctor")
        #expect(healthy.output.contains("nothing damaged") && !healthy.output.contains("lost"), "\(healthy.output)")
    }

    @Test("a day without anything to do is named once")
    func emptyDay() async throws {
        let empty = try await ProgramClinic()
        let today = try await empty.must("today", "--on", "2026-01-05")
        #expect(today == "2026-01-05: nothing is due and nothing is open.\n")
    }
}
