import Testing

@testable import abscope

@Suite("Columns of text")
struct TextWidthTests {
    @Test(
        "wide characters take two columns, combining and invisible ones none",
        arguments: [
            ("abc", 3), ("", 0), ("肺癌", 4), ("Ｔ细胞", 6), ("é", 1), ("e\u{301}", 1), ("한국", 4),
            ("\u{1112}\u{1161}\u{11AB}", 2),
            ("カタ", 4), ("ｶﾀ", 2), ("a\u{200B}b", 2), ("Gy{RBE}", 7), ("µ", 1), ("–", 1), ("𠀀", 2), ("\u{AD}", 0),
            ("　", 2),
        ] as [(String, Int)]
    )
    func columns(text: String, expected: Int) {
        #expect(TextWidth.columns(of: text) == expected)
    }

    @Test("the table of wide characters ascends and does not overlap")
    func tableIsSorted() {
        for (one, next) in zip(TextWidth.wideRanges, TextWidth.wideRanges.dropFirst()) {
            #expect(one.upperBound < next.lowerBound)
        }
    }

    @Test("columns line up below full-width and combining text")
    func tableLinesUp() {
        var table = Table([.init(.name), .init(.number, right: true), .init(.value)])
        table.add(["王丽", "1", "x"])
        table.add(["Jose\u{301}", "12", "y"])
        let lines = table.lines(style: Style(isOn: false))
        #expect(lines.count == 3)
        let places = lines.dropFirst().map { line in TextWidth.columns(of: String(line.dropLast())) }
        #expect(Set(places).count == 1)
    }

    @Test("one long cell does not push all rows apart, and is cut between characters; the last column is whole")
    func longCell() {
        var table = Table([.init(.name), .init(.value)])
        table.add([String(repeating: "王", count: 5_000), String(repeating: "x", count: 5_000)])
        table.add(["Jose\u{301}", "y"])
        let lines = table.lines(style: Style(isOn: false))
        #expect(lines[1].hasPrefix(String(repeating: "王", count: 31) + "…") && lines[1].hasSuffix("xxx"))
        #expect(lines[2].count < 80)
        #expect(TextWidth.cut("Jose\u{301}", toColumns: 4) == "Jose\u{301}")
        #expect(TextWidth.cut("Jose\u{301}s", toColumns: 4) == "Jos…")
    }

    @Test("a table without rows has no lines, not even a head")
    func emptyTable() {
        #expect(Table([.init(.name)]).lines(style: Style(isOn: false)).isEmpty)
    }

    @Test("an escape sequence in a cell is shown, not obeyed")
    func cellsAreSafe() {
        var table = Table([.init(.name)])
        table.add(["\u{1B}[31mred\u{7}"])
        #expect(table.lines(style: Style(isOn: false)).last == "\\u{1B}[31mred\\u{7}")
    }
}
