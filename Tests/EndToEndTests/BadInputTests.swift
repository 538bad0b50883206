import Foundation
import Glibc
import TestSupport
import Testing

/// Values and files that are not what they should be, through the program: each is one clear sentence with its exit
/// status, says nothing of the person, and writes nothing.
@Suite("Bad input")
struct BadInputTests {
    /// What is typed, and what comes of it.
    struct Row: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var arguments: [String]
        var input = ""
        var status: Int32 = 65
        /// All of them stand in the sentence.
        var says: [String]
    }

    private static let course = [
        "course", "add", "CASE", "--name", "boost", "--intent", "radical", "--site", "lung", "--laterality", "right",
        "--technique", "IMRT", "--modality", "photon", "--volume", "PTV", "--fractions", "30", "--first", "2024-01-08",
        "--dose-per-fraction",
    ]
    private static let fraction = ["fraction", "give", "CASE", "--yes", "--date"]

    static let rows = [
        Row(
            testDescription: "a day that is not in the calendar",
            arguments: fraction + ["2024-02-30"],
            says: ["2024-02-30", "Check day and month"]
        ),
        Row(
            testDescription: "a day that is no date",
            arguments: fraction + ["soon"],
            says: ["soon"]
        ),
        Row(
            testDescription: "a fraction that was given in years to come",
            arguments: fraction + ["9999-12-31"],
            says: ["has not come yet", "clock"]
        ),
        Row(
            testDescription: "a fraction of the first century",
            arguments: fraction + ["0001-01-01"],
            says: ["date", "1850"]
        ),
        Row(
            testDescription: "a birth in years to come",
            arguments: ["case", "add", "--stage", "II"],
            input: "name: Zhao Min\nbirth-date: 3000-01-01\n",
            says: ["birth-date", "has not come yet"]
        ),
        Row(
            testDescription: "an adverse event that ends before it starts",
            arguments: [
                "ae", "add", "CASE", "--term", "pneumonitis", "--grade", "2", "--serious", "no", "--start",
                "2024-03-01",
                "--end", "2024-02",
            ],
            says: ["end", "before the start"]
        ),
        Row(
            testDescription: "a birth date that is not in the calendar",
            arguments: ["case", "add", "--stage", "II"],
            input: "name: Zhao Min\nbirth-date: 1960-13-01\n",
            says: ["birth-date", "Write the year first"]
        ),
        Row(
            testDescription: "a unit nobody knows",
            arguments: fraction + ["2024-02-28", "--dose", "2 rad"],
            says: ["rad", "Gy cGy"]
        ),
        Row(
            testDescription: "a dose without a unit",
            arguments: fraction + ["2024-02-28", "--dose", "2"],
            says: ["unit", "Gy", "None is assumed"]
        ),
        Row(
            testDescription: "a dose typed as an age",
            arguments: ["case", "add", "--age", "60 Gy"],
            input: "name: Zhao Min\n",
            says: ["age", "not an age"]
        ),
        Row(
            testDescription: "centigray typed as gray in an order",
            arguments: course + ["200 Gy"],
            says: ["If centigray is meant, write 200 cGy"]
        ),
        Row(
            testDescription: "an option that does not exist",
            arguments: ["case", "add", "--stadium", "II"],
            status: 64,
            says: ["--stadium"]
        ),
        Row(
            testDescription: "a key of standard input that does not exist",
            arguments: ["case", "add"],
            input: "name: Zhao Min\nstadium: II\n",
            status: 65,
            says: ["line 2", "no key that is known here"]
        ),
        Row(
            testDescription: "a case nobody knows",
            arguments: ["case", "amend", "GY-9999X", "--stage", "II", "--reason", "typing"],
            status: 65,
            says: ["GY-9999X"]
        ),
    ]

    @Test("what can not be meant is refused with what to do", arguments: rows)
    func values(_ row: Row) async throws {
        let (site, number) = try await Self.clinic()
        let before = try await site.frontier()
        let refused = try await site.run(row.arguments.map { $0 == "CASE" ? number : $0 }, input: row.input)
        #expect(refused.status == row.status)
        for words in row.says { #expect(refused.errors.contains(words), "\(refused.errors)") }
        try await Self.expectNothing(of: refused, written: before, at: site)
    }

    @Test("200 Gy given where 2 Gy is prescribed is asked about, and recorded and marked when it is insisted on")
    func implausibleFact() async throws {
        let (site, number) = try await Self.clinic()
        let give = ["fraction", "give", number, "--yes", "--date", "2024-02-28", "--dose", "200 Gy"]
        let before = try await site.frontier()
        let refused = try await site.run(give)
        #expect(refused.status == 65)
        #expect(refused.errors.contains("If centigray is meant, write 200 cGy"), "\(refused.errors)")
        try await Self.expectNothing(of: refused, written: before, at: site)
        try await site.must(give + ["--unusual-dose"])
        let list = try await site.run(["fraction", "list", number, "--json"])
        #expect(list.status == 1, "a person should look")
        let listed = try Site.document(list.output)
        let given = try #require((listed["fractions"] as? [[String: Any]])?.first)
        #expect(given["dose"] as? String == "200 Gy")
        #expect((given["findings"] as? [Any])?.isEmpty == false)
    }

    @Test("an argument that is not UTF-8 is named by its number and byte")
    func invalidArgument() async throws {
        let (site, number) = try await Self.clinic()
        let before = try await site.frontier()
        let arguments = [Array("case".utf8), Array("amend".utf8), Array(number.utf8), Array("--stage".utf8)]
        let refused = try await site.run(
            program: try BuiltProgram.abscope.path(),
            bytes: arguments + [[0x49, 0xFF, 0x49]]
        )
        #expect(refused.status == 65)
        #expect(refused.errors.contains("Argument 5 is not valid UTF-8 at byte 2"))
        try await Self.expectNothing(of: refused, written: before, at: site)
    }

    @Test("standard input that is not UTF-8 is named by line and column")
    func invalidInput() async throws {
        let (site, _) = try await Self.clinic()
        let before = try await site.frontier()
        let refused = try await site.run(
            program: try BuiltProgram.abscope.path(),
            bytes: [Array("case".utf8), Array("add".utf8)],
            input: Array("sex: male\nname: Zh".utf8) + [0xC3, 0x28] + Array("ao\n".utf8)
        )
        #expect(refused.status == 65)
        #expect(refused.errors.contains("line 2, column 9"), "\(refused.errors)")
        try await Self.expectNothing(of: refused, written: before, at: site)
    }

    // MARK: - CSV

    private static let mapping = """
        {"format": "abscope import mapping 0", "name": "trial", "key": "ID", "absent": [""], "ignored": {}, "records": [
          {"name": "person", "kind": "person", "fields": [
            {"path": "identifier.value", "column": "ID", "as": "string"},
            {"path": "identifier.issuer", "constant": "trial"},
            {"path": "administrative_sex", "column": "Sex", "as": "map",
             "values": {"1": {"system": "abscope", "code": "male", "display": "male"}}}]},
          {"name": "case", "kind": "case", "links": {"person": "person"}, "fields": [
            {"path": "stage.reported_group", "column": "Stage", "as": "string"}]}]}
        """

    @Test("a CSV with bad lines is named by line and column and imported not at all; --partial takes the others")
    func badLines() async throws {
        let (site, _) = try await Self.clinic()
        let files = try Self.files("ID,Sex,Stage\nMD1,1,II\nMD2,7,III\nMD3,1,IV,9\nMD4,1,IV\n", at: site)
        let before = try await site.frontier()
        let refused = try await site.run(["import", "csv"] + files)
        #expect(refused.status == 65)
        #expect(refused.errors.contains("line 3, column 5"), "\(refused.errors)")
        #expect(refused.errors.contains("line 4, column 10"), "\(refused.errors)")
        #expect(refused.errors.contains("Nothing was imported."))
        #expect(refused.errors.contains("--partial"))
        #expect(try await site.frontier() == before)

        let partial = try await site.run(["import", "csv", "--partial", "--json"] + files)
        #expect(partial.status == 1, "a person should look at the lines that were left out: \(partial.errors)")
        let imported = try Site.document(partial.output)
        #expect(imported["imported"] as? Int == 2)
        #expect(imported["bad_lines"] as? Int == 2)
        let cases = try #require(try await site.document(["case", "list"])["cases"] as? [[String: Any]])
        #expect(cases.count == 3)
    }

    @Test("a CSV that is not UTF-8 is named by line and byte, and nothing is imported, not even with --partial")
    func invalidCSV() async throws {
        let (site, _) = try await Self.clinic()
        let files = try Self.files("", at: site)
        try Data(Array("ID,Sex,Stage\nMD1,1,II\nMD2,1,".utf8) + [0xFF] + Array("\n".utf8))
            .write(to: URL(filePath: files[0]))
        let before = try await site.frontier()
        let refused = try await site.run(["import", "csv", "--partial"] + files)
        #expect(refused.status == 65)
        #expect(refused.errors.contains("line 3, byte 7"), "\(refused.errors)")
        try await Self.expectNothing(of: refused, written: before, at: site)
    }

    @Test("a row of a CSV that no entry can hold is named by its line, and nothing is imported")
    func longRow() async throws {
        let (site, _) = try await Self.clinic()
        let long = String(repeating: "x", count: 20_000)
        let files = try Self.files("ID,Sex,Stage\nMD1,1,II\nMD2,1,\(long)\n", at: site)
        let before = try await site.frontier()
        let refused = try await site.run(["import", "csv", "--dry-run"] + files)
        #expect(refused.status == 65)
        #expect(refused.errors.contains("line 3: "), "\(refused.errors)")
        #expect(!refused.errors.contains("xxxx"))
        #expect(try await site.frontier() == before)
    }

    private static func files(_ csv: String, at site: Site) throws -> [String] {
        let paths = [site.folder.path + "/people.csv", site.folder.path + "/mapping.json"]
        try Data(csv.utf8).write(to: URL(filePath: paths[0]))
        try Data(mapping.utf8).write(to: URL(filePath: paths[1]))
        return [paths[0], "--mapping", paths[1]]
    }

    // MARK: - What all have in common

    private static func clinic() async throws -> (Site, String) {
        let site = try await Site.made("GY")
        let number = try await site.addCase()
        try await site.addCourse(to: number)
        return (site, number)
    }

    private static func expectNothing(of run: ProgramRun, written before: String, at site: Site) async throws {
        run.expectOneSentence()
        #expect(try await site.frontier() == before, "nothing was written")
    }
}

extension ProgramRun {
    /// Nothing on standard output, one line on standard error that is a sentence (how the command
    /// is used may follow), and no person in it.
    func expectOneSentence(sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(output.isEmpty, sourceLocation: sourceLocation)
        #expect(
            errors.split(separator: "\n").count { !$0.hasPrefix("Usage: ") } == 1,
            "\(errors)",
            sourceLocation: sourceLocation
        )
        #expect(errors.hasPrefix("abscope: "), "\(errors)", sourceLocation: sourceLocation)
        #expect(!errors.contains("Zhao"), "\(errors)", sourceLocation: sourceLocation)
        for word in ["StorageError", "Optional(", "errno", "Fatal"] {
            #expect(!errors.contains(word), "\(errors)", sourceLocation: sourceLocation)
        }
    }
}
