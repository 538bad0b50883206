import CaseModel
import Foundation
import Schema
import TestSupport
import Testing

@Suite struct CSVTests {
    func table(_ text: String) throws -> CSVTable { try CSVTable(parsing: Array(text.utf8)) }

    @Test func `quotes, commas, line breaks and empty fields are read as RFC 4180 says`() throws {
        let table = try table("a,b,\"c \"\"d\"\"\"\r\n1,,\"x,y\nz\"\n\"\",\"2\",\u{7389}")
        #expect(table.header.map(\.text) == ["a", "b", "c \"d\""])
        #expect(table.rows.map { $0.fields.map(\.text) } == [["1", "", "x,y\nz"], ["", "2", "玉"]])
        #expect(table.rows.map(\.line) == [2, 4])
        #expect(table.rows[1].fields[2].position == TextPosition(line: 4, column: 8))
        #expect(table.errors.isEmpty)
    }

    @Test(arguments: [
        ("a,b\n1,2,3\n4,5\n", "line 2, column 5", 1), ("a,b\n1\n4,5\n", "line 2, column 1", 1),
        ("a,b\n1,x\"y\n4,5\n", "line 2, column 4", 1), ("a,b\n\"1\"x,2\n4,5\n", "line 2, column 4", 1),
        ("a,b\n4,5\n\n", "line 3, column 1", 1), ("a,b\n4,5\n1,\"open\n", "line 3, column 3", 1),
    ])
    func `a bad line is named, and the others are read`(text: String, place: String, rows: Int) throws {
        let table = try table(text)
        #expect(table.errors.map(\.location) == [place])
        #expect(table.rows.count == rows)
    }

    @Test func `invalid UTF-8 is named by line and byte, never repaired`() {
        var bytes = Array("a,b\n1,玉".utf8)
        bytes += [0xE7, 0x8E, 0x0A]
        do {
            _ = try CSVTable(parsing: bytes)
            Issue.record("invalid UTF-8 was accepted")
        } catch {
            #expect(error.location == "line 2, byte 6")
            #expect(error.message.contains("offset 9"))
        }
        #expect(throws: RecordError.self) { try CSVTable(parsing: []) }
        #expect(throws: RecordError.self) { try CSVTable(parsing: Array("a,a\n".utf8)) }
    }

    @Test func `the UTF-8 check agrees with the standard library on every sequence of three bytes that could matter`() {
        let edges: [UInt8] = [
            0, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC,
            0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
        ]
        for a in edges {
            for b in edges {
                for c in edges {
                    for d in [UInt8(0x41), 0x80] {
                        let bytes = [a, b, c, d]
                        let isValid = String(validating: bytes, as: UTF8.self) != nil
                        #expect((UTF8Position.firstInvalid(in: bytes) == nil) == isValid, "\(bytes)")
                    }
                }
            }
        }
    }

    @Test(arguments: 0..<4)
    func `arbitrary bytes never trap, in CSV, JSON and mappings`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let alphabet = Array("\",\n\r{}[]:\\u0019aé\"tnf-.e".utf8) + [0xFF]
        var read = 0
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0
            }
            do { read += try CSVTable(parsing: bytes).rows.count } catch { #expect(error.code == .illFormedFile) }
            do { _ = try JSONValue(parsing: bytes) } catch { #expect(error.code == .illFormedFile) }
            do { _ = try ImportMapping(parsing: bytes) } catch { #expect(error.code == .illFormedFile) }
        }
        #expect(read > 0)
    }
}

@Suite struct JSONTests {
    @Test(arguments: ["+041", "-000", "00 1", "004g", "04"])
    func `four hexadecimal digits are four digits, without a sign`(digits: String) {
        #expect(throws: RecordError.self) { try JSONValue(parsing: Array("\"\\u\(digits)\"".utf8)) }
    }

    @Test(arguments: [
        ("{\"b\":1,\"a\":[true,false,null,-0.5e+3]}", "{\"a\":[true,false,null,-0.5e+3],\"b\":1}"),
        (" \"\\u7389\\ud83d\\ude00\\n\\/\" ", "\"玉😀\\n/\""), ("[]", "[]"), ("{}", "{}"), ("\"\\u0001\"", "\"\\u0001\""),
    ])
    func `JSON is read and written canonically`(text: String, canonical: String) throws {
        let value = try JSONValue(parsing: Array(text.utf8))
        #expect(value.canonical == canonical)
        #expect(try JSONValue(parsing: Array(canonical.utf8)).canonical == canonical)
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\":1,\"a\":2}", "01", "1.", "tru", "\"\\x\"", "\"\\ud800\"", "\"a", "1 2", "{a:1}",
        "\"\t\"",
        String(repeating: "[", count: 200),
    ])
    func `anything else is refused with its place`(text: String) {
        do {
            _ = try JSONValue(parsing: Array(text.utf8))
            Issue.record("\(text) was accepted")
        } catch {
            #expect(error.code == .illFormedFile)
            #expect(error.location?.hasPrefix("line ") == true)
        }
    }
}

@Suite struct ImportTests {
    static let data = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "shared/data/sayer_nsclc_ici/training.data.csv")
    static var hasData: Bool { FileManager.default.fileExists(atPath: data.path(percentEncoded: false)) }

    static func mapping() throws -> ImportMapping {
        try ImportMapping(parsing: ProtocolFiles.bytes("mappings/sayer_nsclc_ici.json"))
    }

    @Test(.enabled("the patients of shared/data are not on this machine") { hasData })
    func `the real patients are read whole: 283 rows, 230 progressions whose days add up`() throws {
        let table = try CSVTable(parsing: [UInt8](Data(contentsOf: Self.data)))
        let plan = try Self.mapping().plan(for: table)
        #expect(plan.errors == [])
        #expect(plan.findings == [])
        #expect(plan.rows.count == 283)
        #expect(plan.checks.map(\.rows) == [230])
        #expect(plan.checks.map(\.failed) == [0])
        let counts = Dictionary(uniqueKeysWithValues: plan.counts.map { ($0.template, $0.records) })
        #expect(counts["case"] == 283)
        #expect(counts["progression"] == 230)
        #expect(counts["adverse event"] == 122)
        #expect(counts["no adverse event reported"] == 161)
        #expect(counts["TKI"] == 52)
        #expect(counts["suspected cause"] == 5)
        #expect(counts["pack-years"] == 174)
        #expect(counts["EGFR"] == 70)

        var stages: [String: Int] = [:]
        var deceased = 0
        var texts = Set<String>()
        for row in plan.rows {
            for change in row.changes where change.template == "case" {
                let body = try CaseBody(encodedBytes: change.draft.body)
                stages[body.stage.reportedGroup, default: 0] += 1
                if body.vitalStatus.value.code == "deceased" { deceased += 1 }
                #expect(body.diagnosis.date.relativeOrigin == "sayer_nsclc_ici")
            }
            for change in row.changes where change.template == "PD-L1" {
                let value = try ResultBody(encodedBytes: change.draft.body).value
                texts.insert(value.hasQuantity ? String(describing: try Measure(value.quantity)) : value.text.value)
            }
            for change in row.changes where change.template == "person" {
                #expect(try !PersonBody(encodedBytes: change.draft.body).hasIdentifier, "identifiers are sealed")
                #expect(try PersonBody(encodedBytes: change.identifying).identifier.value == row.key)
            }
        }
        #expect(stages == ["IV": 226, "III": 29, "I or II": 14, "No Staging Data": 14])
        #expect(deceased == 164)
        #expect(texts.isSuperset(of: ["Negative", "Not Reported", "90 %", "<10 %", ">1 %"]))

        // Every row is one entry the log can take.
        let reference = Samples.reference(1)
        for row in plan.rows.prefix(20) {
            let written = try Samples.written(row.changes.map(\.draft), at: reference)
            #expect(written.allSatisfy { $0.problem == nil })
        }
    }

    static let header = "id,age,seen,grade,left\n"

    static func small() throws -> ImportMapping {
        let text = """
            {"format":"abscope import mapping 0","name":"small","key":"id","absent":[""],
             "ignored":{"left":"not ours"},
             "records":[
              {"name":"case","kind":"case","fields":[
                {"path":"age.age","column":"age","as":"quantity","unit":"a"}]},
              {"name":"event","kind":"event","case":"case","when":"grade","fields":[
                {"path":"adverse_event.term","constant":{"text":"rash"}},
                {"path":"adverse_event.grade","column":"grade","as":"integer"},
                {"path":"period.start","column":"seen","as":"date"}]}]}
            """
        return try ImportMapping(parsing: Array(text.utf8))
    }

    @Test func `values that are no numbers stay as written`() throws {
        let plan = try Self.small().plan(for: CSVTable(parsing: Array((Self.header + "1,89+,2024-03-05,2,x\n").utf8)))
        #expect(plan.errors.isEmpty)
        let age = try CaseBody(encodedBytes: plan.rows[0].changes[0].draft.body).age.age
        #expect(try Measure(age) == Measure(parsing: "89+", implied: .year))
        #expect(age.asTyped == "89+")
        #expect(plan.rows[0].changes[1].draft.caseRecord == .inThisEntry(change: 0))
    }

    @Test(arguments: [
        ("1,old,2024-03-05,2,x\n", "line 2, column 3"), ("1,50,5.3.2024,2,x\n", "line 2, column 6"),
        ("1,50,2024-03-05,two,x\n", "line 2, column 17"), ("1,50,2024-03-05,6,x\n", "line 2"),
        ("1,50,,,x\n1,50,,,x\n", "line 3, column 1"), ("1,50,,\n", "line 2, column 7"),
    ])
    func `a bad value is named by line and column`(rows: String, place: String) throws {
        let plan = try Self.small().plan(for: CSVTable(parsing: Array((Self.header + rows).utf8)))
        #expect(plan.errors.map(\.location) == [place])
    }

    @Test(arguments: ["id,age,seen,grade\n", "id,age,seen,grade,left,new\n", "id,age\n"])
    func `columns must all be mapped or left out with a reason`(header: String) throws {
        let table = try CSVTable(parsing: Array(header.utf8))
        if header == "id,age,seen,grade\n" {
            #expect(try Self.small().plan(for: table).rows.isEmpty, "an ignored column may be missing")
        } else {
            #expect(throws: RecordError.self) { try Self.small().plan(for: table) }
        }
    }

    @Test(arguments: [
        ("\"as\":\"date\"", "\"as\":\"datum\""), ("\"kind\":\"event\"", "\"kind\":\"roster\""),
        ("\"case\":\"case\"", "\"case\":\"person\""), ("mapping 0", "mapping 9"), ("\"key\"", "\"keys\""),
        ("adverse_event.term", "term"), ("\"unit\":\"a\"", "\"unit\":\"parsec\""),
    ])
    func `a mapping that is wrong says where`(part: String, wrong: String) throws {
        let text = """
            {"format":"abscope import mapping 0","name":"small","key":"id","absent":[""],"ignored":{},
             "records":[{"name":"case","kind":"case","fields":[
                {"path":"age.age","column":"age","as":"quantity","unit":"a"}]},
              {"name":"event","kind":"event","case":"case","when":"grade","fields":[
                {"path":"adverse_event.term","constant":{"text":"rash"}},
                {"path":"period.start","column":"seen","as":"date"}]}]}
            """
        #expect(throws: Never.self) { try ImportMapping(parsing: Array(text.utf8)) }
        let changed = text.replacingOccurrences(of: part, with: wrong)
        #expect(changed != text)
        #expect(throws: RecordError.self) { try ImportMapping(parsing: Array(changed.utf8)) }
    }
}
