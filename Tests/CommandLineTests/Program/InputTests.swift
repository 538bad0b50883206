import CaseModel
import Testing

@testable import abscope

@Suite("What is typed and piped in")
struct InputTests {
    @Test("every byte that is not valid UTF-8 is found at its place, and valid text has none")
    func firstInvalidByte() {
        #expect(UTF8Position.firstInvalid(in: Array("肺癌 é 𠀀".utf8)) == nil)
        // Exhaustive over two bytes: this table and the standard library must agree.
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                let bytes = [first, second]
                let isValid = String(validating: bytes, as: UTF8.self) != nil
                #expect((UTF8Position.firstInvalid(in: bytes) == nil) == isValid, "\(first) \(second)")
            }
        }
    }

    @Test(
        "three and four bytes long sequences follow the standard's table",
        arguments: [0xE0, 0xED, 0xEF, 0xF0, 0xF4] as [UInt8]
    )
    func longSequences(first: UInt8) {
        for second in UInt8.min...UInt8.max {
            let bytes = [first, second, 0x80, 0x80]
            let isValid = String(validating: bytes, as: UTF8.self) != nil
            #expect((UTF8Position.firstInvalid(in: bytes) == nil) == isValid)
            let cut = [first, second]
            #expect(UTF8Position.firstInvalid(in: cut) != nil)
        }
    }

    @Test("line and column of a bad byte are counted from 1")
    func linesAndColumns() {
        let bytes = Array("name: a\nnote: b".utf8) + [0xFF]
        #expect(UTF8Position.firstInvalid(in: bytes) == UTF8Position(byte: 15, line: 2, column: 8))
    }

    @Test("lines are keys and values; comments, empty lines and a full-width colon are fine")
    func keyValueLines() throws {
        let lines = try KeyValueLines(
            parsing: "# a comment\n\nName: 王 丽 \r\nnote： a: b\nsex:\n",
            keys: ["name", "note", "sex"]
        )
        #expect(lines["name"] == "王 丽")
        #expect(lines["note"] == "a: b")
        #expect(lines["sex"] == nil)
    }

    @Test(
        "a line that would be lost is refused and named",
        arguments: [("name x", "line 1"), ("name: a\nnane: b", "line 2"), ("name: a\n\nname: b", "line 3")]
    )
    func refusedLines(text: String, place: String) throws {
        let failure = try #require(throws: Failure.self) { try KeyValueLines(parsing: text, keys: ["name", "note"]) }
        #expect(failure.status == .dataError)
        #expect(failure.place == place)
    }

    @Test("a mistyped key is named with the key that was meant")
    func nearestKey() throws {
        let failure = try #require(throws: Failure.self) {
            try KeyValueLines(parsing: "histolgy: x", keys: ["name", "histology"])
        }
        #expect(failure.sentence.contains("\"histology\""))
    }

    @Test(
        "typing errors are counted as people make them",
        arguments: [
            ("case", "case", 0), ("cas", "case", 1), ("caes", "case", 1), ("", "ab", 2), ("kitten", "sitting", 3),
        ]
    )
    func distance(left: String, right: String, expected: Int) {
        #expect(Suggestion.distance(left, right) == expected)
        #expect(Suggestion.distance(right, left) == expected)
    }

    @Test("nothing is suggested for a word that resembles nothing")
    func noSuggestion() {
        #expect(Suggestion.nearest(to: "xyzzy", among: ["case", "course"]) == nil)
        #expect(Suggestion.nearest(to: "cour", among: ["case", "course"]) == "course")
    }

    @Test(
        "a reference is read as it was printed",
        arguments: [
            "GY.2.17-3fa97c21", "gy.2.17-3FA97C21", "GY.QX.2.17-3fa97c21+1", "3fa97c21.2.17", "ＧＹ.2.17-3fa97c21",
        ]
    )
    func references(text: String) throws {
        let reference = try #require(TypedReference(text))
        #expect(reference.lane == 2)
        #expect(reference.position == 17)
        #expect(reference.change == (text.hasSuffix("+1") ? 1 : 0))
        #expect(reference.epochLetters == (text.contains("QX") ? "QX" : nil))
    }

    @Test(
        "what is no reference is none",
        arguments: [
            "", "GY-1342R", "GY.2", "GY.2.0", "GY.2.17-xyz", "GY.2.17-3f", ".2.17", "GY.300.1", "GY.2.17+x",
            "a.b.c.d.e",
        ]
    )
    func notReferences(text: String) {
        #expect(TypedReference(text) == nil)
    }
}
