import CaseModel
import Testing

/// Nothing an import says quotes a value that would be sealed, whatever is wrong with the file.
@Suite struct ImportPrivacyTests {
    static let canary = "CANARY王秀英"

    /// A mapping whose columns `secret` and `other` are sealed, `secret` as `form` at `path`.
    static func mapping(
        path: String = "name.value",
        form: String = "\"as\":\"string\"",
        key: String = "id",
        checks: String = ""
    ) throws -> ImportMapping {
        let text = """
            {"format":"abscope import mapping 0","name":"small","key":"\(key)","absent":[""],"ignored":{"clear":"for checks","id":"for keys"},
             "records":[
              {"name":"person","kind":"person","fields":[
                {"path":"\(path)","column":"secret",\(form)},
                {"path":"identifier.value","column":"other","as":"string"}]},
              {"name":"case","kind":"case","links":{"person":"person"},"fields":[
                {"path":"diagnosis.date","column":"seen","as":"date"}]},
              {"name":"event","kind":"event","case":"case","when":"grade","fields":[
                {"path":"adverse_event.term","column":"secret","as":"coded"},
                {"path":"adverse_event.grade","column":"grade","as":"integer"}]}],
             "checks":[\(checks)]}
            """
        return try ImportMapping(parsing: Array(text.utf8))
    }

    static let header = "id,secret,other,seen,grade,clear\n"

    /// Everything a plan says to people, or why there is none.
    static func said(_ rows: String, by mapping: ImportMapping, header: String = header) -> [String] {
        do {
            let plan = try mapping.plan(for: CSVTable(parsing: Array((header + rows).utf8)))
            return plan.errors.map(\.description) + plan.checks.map(\.rule)
                + plan.findings.flatMap { [$0.location, $0.column, $0.value ?? "", $0.rule, $0.message] }
        } catch {
            return [error.description]
        }
    }

    @Test(arguments: [
        ("name.value", "integer"), ("birth_date.year", "integer"), ("birth_date", "date"),
        ("birth_date", "relative day"), ("note", "quantity"), ("note", "map"), ("name", "string"), ("name", "coded"),
        ("name", "result"), ("name.language.x", "string"), ("birth_date.precision", "string"),
        ("birth_date.year", "string"),
    ])
    func `no form of a column quotes what it refuses`(path: String, form: String) throws {
        let values = form == "map" ? ",\"values\":{\"a\":{\"value\":\"b\"}}" : ""
        let mapping = try Self.mapping(path: path, form: "\"as\":\"\(form)\"\(values)")
        let said = Self.said("1,\(Self.canary),x,2024-03-05,,\n", by: mapping)
        #expect(said.count == 1 && said[0].hasPrefix("line 2"), "\(said)")
        for line in said { #expect(!line.contains("CANARY") && !line.contains("王")) }
    }

    @Test func `a record that is refused as a whole does not quote a column that is sealed elsewhere`() throws {
        let said = Self.said("1,\(Self.canary),x,2024-03-05,9,\n", by: try Self.mapping())
        #expect(said.count == 1 && said[0].hasPrefix("line 2"))
        #expect(said.allSatisfy { !$0.contains("CANARY") })
    }

    @Test(arguments: ["id", "secret"])
    func `a key that is there twice is named by its lines`(key: String) throws {
        let rows = "\(Self.canary),\(Self.canary),x,,,\n\(Self.canary),\(Self.canary),y,,,\n"
        let said = Self.said(rows, by: try Self.mapping(key: key))
        #expect(said.count == 1 && said[0].hasPrefix("line 3, column ") && said[0].contains("line 2"))
        #expect(!said[0].contains("CANARY"))
    }

    @Test(arguments: [
        ("1,\"CANARY,x,,,\n", "never closed"), ("1,CAN\"ARY,x,,,\n", "quote inside"),
        ("1,\"CANARY\"CANARY,x,,,\n", "more text"), ("1,CANARY\rCANARY,x,,,\n", "carriage return"),
        ("1,CANARY,CANARY,x,,,\n", "7 fields"), ("1,CANARY\n", "2 fields"),
    ])
    func `what is no CSV is named without its text`(rows: String, reason: String) throws {
        let said = Self.said(rows, by: try Self.mapping())
        #expect(said.contains { $0.contains(reason) })
        for line in said { #expect(!line.contains("CANARY")) }
    }

    @Test func `a file without its line of names tells no name`() throws {
        for first in ["1,CANARY,CANARY,x,,\n", "1,CANARY,x,y,z,\n", "1,\"CANARY\n"] {
            let said = Self.said("2,y,z,,,\n", by: try Self.mapping(), header: first)
            #expect(said.count == 1)
            for line in said { #expect(!line.contains("CANARY")) }
        }
    }

    @Test func `bytes that are no UTF-8 are named by their place alone`() throws {
        let bytes = Array((Self.header + "1,CANARY").utf8) + [0xC3, 0x28]
        let error = #expect(throws: RecordError.self) { try CSVTable(parsing: bytes) }
        let said = try #require(error?.description)
        #expect(said.contains("line 2, byte 9") && !said.contains("195") && !said.contains("CANARY"))
    }

    @Test func `a sum is told only where none of its three numbers would be sealed`() throws {
        let header = "id,secret,other,seen,grade,clear\n"
        let three = [("secret", "clear", "id"), ("clear", "secret", "id"), ("clear", "id", "secret")]
        for (later, earlier, days) in three {
            let check = "{\"later\":\"\(later)\",\"earlier\":\"\(earlier)\",\"days\":\"\(days)\"}"
            let mapping = try Self.mapping(checks: check)
            // 71234 is the sealed number; id 1 and clear 5 would give it away with the difference.
            let said = Self.said("1,71234,x,,,5\n", by: mapping, header: header)
            #expect(said.count == 6 && said.contains { $0.contains("is not \(days)") })
            for line in said {
                for number in ["71234", "71229", "71233", "71239", "71235", "4"] { #expect(!line.contains(number)) }
            }
            let wrong = Self.said("1,\(Self.canary),x,,,5\n", by: mapping, header: header)
            #expect(wrong.contains { $0.contains("is not a day number") })
            for line in wrong { #expect(!line.contains("CANARY")) }
        }
        let clear = try Self.mapping(checks: "{\"later\":\"clear\",\"earlier\":\"id\",\"days\":\"grade\"}")
        let said = Self.said("1,x,y,,3,5\n", by: clear, header: header)
        #expect(said.contains("clear - id is 4, not 3."))
        #expect(Self.said("1,x,y,,3,five\n", by: clear).contains { $0.contains("\"five\"") })
    }

    @Test func `errors are told in the order of the file, whoever found them`() throws {
        let rows = [
            "1,a,b,5.3.2024,,", "2,a,b,2024-03-05,,,,", "3,a,b,5.3.2024,two,", "4,a\"b,c,,,", "4,a,b,,,",
            "4,a,b,6.3.24,,",
            "7,a", "8,a,b,,seven,",
        ]
        let said = Self.said(rows.joined(separator: "\n") + "\n", by: try Self.mapping())
        let places = said.map { $0.prefix { $0 != ":" } }
        #expect(
            places == [
                "line 2, column 7", "line 3, column 20", "line 4, column 7", "line 5, column 4",
                "line 7, column 1", "line 7, column 7", "line 8, column 3", "line 9, column 8",
            ]
        )
    }
}
