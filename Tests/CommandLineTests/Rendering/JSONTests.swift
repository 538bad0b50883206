import Testing

@testable import abscope

@Suite("JSON")
struct JSONTests {
    @Test(
        "strings are escaped so that they parse and do no harm on a terminal",
        arguments: [
            ("plain", "\"plain\""), ("a\"b\\c", "\"a\\\"b\\\\c\""), ("line\nnext\ttab\r", "\"line\\nnext\\ttab\\r\""),
            ("\u{1B}[2J", "\"\\u001b[2J\""), ("\u{0}", "\"\\u0000\""), ("\u{7F}\u{9B}", "\"\\u007f\\u009b\""),
            ("\u{202E}evil", "\"\\u202eevil\""), ("\u{2028}", "\"\\u2028\""), ("肺癌 é", "\"肺癌 é\""),
            ("\u{E0041}", "\"\\udb40\\udc41\""),
        ] as [(String, String)]
    )
    func strings(value: String, expected: String) {
        #expect(JSON.string(value).text == expected)
    }

    @Test("members keep their order and nothing is added")
    func composites() {
        let value = JSON.object([
            ("b", .integer(-1)), ("a", .array([.null, .bool(true), .object([]), .array([])])),
            ("c", JSON(nil as String?)),
        ])
        #expect(value.text == "{\"b\":-1,\"a\":[null,true,{},[]],\"c\":null}")
    }

    @Test("a number too large for JSON's readers is cut at the largest 64-bit integer")
    func clamping() {
        #expect(JSON(UInt64.max).text == "9223372036854775807")
        #expect(JSON(nil as UInt64?).text == "null")
    }
}
