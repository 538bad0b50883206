import CaseModel
import Foundation
import TestSupport
import Testing

@testable import abscope

@Suite("Exports, as a program")
struct ExportTests {
    @Test(
        "a row reads back as it was",
        arguments: [["a", "b"], ["", ""], ["1,5", "say \"no\"", "two\r\nlines", "\n", "王芳"]]
    )
    func rows(fields: [String]) throws {
        let text = CSVTable.row(fields.indices.map { "c\($0)" }) + CSVTable.row(fields)
        let table = try CSVTable(parsing: Array(text.utf8))
        #expect(table.refusals.isEmpty)
        #expect(table.rows.map { $0.fields.map(\.text) } == [fields])
    }

    @Test("every field that is exported has its meaning", arguments: ExportedKind.allCases)
    func meanings(kind: ExportedKind) {
        #expect(!kind.fields.isEmpty)
        for field in kind.fields { #expect(!say(.export(.meaning(kind, field.name))).isEmpty, "\(kind) \(field.name)") }
    }

    @Test("every record of a kind is a row, and nothing that identifies a person is in it")
    func results() async throws {
        let clinic = try await ProgramClinic()
        try await clinic.must("operator", "add", input: "name: Li\n")
        let first = try await clinic.addCase("name: Wang, Fang\n", "--histology", "adenocarcinoma")
        let second = try await clinic.addCase("name: Chen\n", "--histology", "squamous")
        for (number, analyte, value) in [
            (first, "PD-L1", "<1%"), (second, "creatinine", "80 umol/L"), (second, "EGFR", "not tested"),
        ] {
            try await clinic.must([
                "result", "add", number, "--analyte", analyte, "--value", value, "--collected", "2026-01-05",
            ])
        }
        let file = clinic.folder.path + "/results.csv"
        let columns = clinic.folder.path + "/columns.csv"
        let said = try await clinic.must("export", "csv", "result", file, "--dictionary", columns)
        #expect(said.contains("3 rows written to"))

        let table = try read(file)
        #expect(table.header.prefix(5).map(\.text) == ["case", "reference", "standing", "provisional", "conflicts"])
        #expect(values("case", of: table).sorted() == [first, second, second].sorted())
        #expect(Set(values("value.unit", of: table)) == ["%", "umol/L", ""])
        #expect(values("standing", of: table) == ["standing", "standing", "standing"])

        let dictionary = try read(columns)
        #expect(values("column", of: dictionary) == table.header.map(\.text))
        #expect(!values("meaning", of: dictionary).contains(""))

        for kind in ExportedKind.allCases where kind != .result {
            let path = clinic.folder.path + "/\(kind.rawValue).csv"
            try await clinic.must("export", "csv", kind.rawValue, path)
            let text = try String(contentsOfFile: path, encoding: .utf8)
            #expect(!text.contains("Wang") && !text.contains("Chen"), "\(kind)")
        }
        let cases = try read(clinic.folder.path + "/case.csv")
        #expect(values("case", of: cases).sorted() == [first, second].sorted())
        let other = clinic.folder.path + "/other.csv"
        #expect(try await clinic.run("export", "csv", "result", file, "--dictionary", other).status == 73)
        #expect(try await clinic.run("export", "csv", "result", other, "--dictionary", columns).status == 73)
        #expect(!FileManager.default.fileExists(atPath: other))
        #expect(try await clinic.run("export", "csv", "document", clinic.folder.path + "/d.csv").status == 65)
    }

    private func read(_ path: String) throws -> CSVTable {
        let table = try CSVTable(parsing: Array(try Data(contentsOf: URL(filePath: path))))
        #expect(table.refusals.isEmpty)
        return table
    }

    private func values(_ column: String, of table: CSVTable) -> [String] {
        guard let index = table.header.firstIndex(where: { $0.text == column }) else { return [] }
        return table.rows.map { $0.fields[index].text }
    }
}
