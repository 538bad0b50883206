import CaseModel
import Testing

@Suite("Stage groups")
struct StageTableTests {
    private func answer(_ edition: String, _ categories: String) throws -> StageTable.Answer {
        let table = try #require(StageTable(edition: edition))
        return table.answer(try TumourCategories(parsing: categories.split(separator: " ").map(String.init)))
    }

    /// Every cell of the tables, row by row, N0 to N3.
    static let rows: [(edition: String, tumour: String, groups: [String])] = [
        ("6", "T1", ["IA", "IIA", "IIIA", "IIIB"]), ("6", "T2", ["IB", "IIB", "IIIA", "IIIB"]),
        ("6", "T3", ["IIB", "IIIA", "IIIA", "IIIB"]), ("6", "T4", ["IIIB", "IIIB", "IIIB", "IIIB"]),
        ("7", "T1a", ["IA", "IIA", "IIIA", "IIIB"]), ("7", "T1b", ["IA", "IIA", "IIIA", "IIIB"]),
        ("7", "T2a", ["IB", "IIA", "IIIA", "IIIB"]), ("7", "T2b", ["IIA", "IIB", "IIIA", "IIIB"]),
        ("7", "T3", ["IIB", "IIIA", "IIIA", "IIIB"]), ("7", "T4", ["IIIA", "IIIA", "IIIB", "IIIB"]),
        ("8", "T1mi", ["IA1", "IIB", "IIIA", "IIIB"]), ("8", "T1a", ["IA1", "IIB", "IIIA", "IIIB"]),
        ("8", "T1b", ["IA2", "IIB", "IIIA", "IIIB"]), ("8", "T1c", ["IA3", "IIB", "IIIA", "IIIB"]),
        ("8", "T2a", ["IB", "IIB", "IIIA", "IIIB"]), ("8", "T2b", ["IIA", "IIB", "IIIA", "IIIB"]),
        ("8", "T3", ["IIB", "IIIA", "IIIB", "IIIC"]), ("8", "T4", ["IIIA", "IIIA", "IIIB", "IIIC"]),
    ]

    @Test("every combination has the group of the edition's table", arguments: rows)
    func whole(edition: String, tumour: String, groups: [String]) throws {
        for (nodes, group) in zip(["N0", "N1", "N2", "N3"], groups) {
            #expect(try answer(edition, "\(tumour) \(nodes) M0").group == group, "\(tumour) \(nodes)")
        }
    }

    @Test(
        "what is not a combination with a row of its own",
        arguments: [
            ("8", "T1 N0 M0", ["IA1", "IA2", "IA3"], .severalSubcategories),
            ("8", "T2 N0 M0", ["IB", "IIA"], .severalSubcategories),
            ("8", "T1 N2 M0", ["IIIA"], nil), ("8", "T2 N1 M0", ["IIB"], nil), ("8", "T1 N3 M0", ["IIIB"], nil),
            ("8", "M1 T2a N2", ["IVA", "IVB"], .severalSubcategories), ("8", "TX NX M1a", ["IVA"], nil),
            ("8", "T0 N0 M1c", ["IVB"], nil), ("8", "T4 N3 M1b", ["IVA"], nil),
            ("8", "TX N0 M0", ["occult carcinoma"], nil),
            ("8", "Tis N0 M0", ["0"], nil), ("8", "TX N1 M0", [], .notAssessed), ("8", "T2a NX M0", [], .notAssessed),
            ("8", "T2a N0 MX", [], .notAssessed), ("8", "T0 N2 M0", [], .noPrimary), ("8", "Tis N1 M0", [], .noTable),
            ("8", "T1a N2a M0", [], .notInEdition), ("8", "T1a N0 M1c1", [], .notInEdition),
            ("6", "T1a N0 M0", [], .notInEdition),
            ("6", "T2 N0 M1", ["IV"], nil), ("7", "T1 N0 M0", ["IA"], nil),
            ("7", "T2 N0 M0", ["IB", "IIA"], .severalSubcategories),
            ("7", "T2 N1 M0", ["IIA", "IIB"], .severalSubcategories), ("7", "T4 N3 M1", ["IV"], nil),
            ("9", "T1 N1 M0", ["IIA"], nil), ("9", "T1b N2a M0", ["IIB"], nil), ("9", "T1c N2b M0", ["IIIA"], nil),
            ("9", "T1 N2 M0", ["IIB", "IIIA"], .severalSubcategories), ("9", "T2a N2b M0", ["IIIB"], nil),
            ("9", "T2 N2a M0", ["IIIA"], nil), ("9", "T3 N2a M0", ["IIIA"], nil), ("9", "T4 N2 M0", ["IIIB"], nil),
            ("9", "T2b N2b M0", [], .noTable), ("9", "T1 N0 M0", [], .noTable), ("9", "T2 N2b M0", [], .noTable),
            ("9", "T1 N0 M1c", ["IVB"], nil), ("9", "T1 N0 M1c2", ["IVB"], nil), ("9", "T1 N0 M1a", [], .noTable),
        ] as [(String, String, [String], StageTable.Reason?)]
    )
    func special(edition: String, categories: String, candidates: [String], reason: StageTable.Reason?) throws {
        let found = try answer(edition, categories)
        #expect(found.candidates == candidates && found.reason == reason, "\(found)")
        #expect((found.group == nil) == (reason != nil))
    }

    @Test("an edition without a table has none", arguments: ["5", "10", "", "eighth"])
    func noEdition(edition: String) { #expect(StageTable(edition: edition) == nil) }

    @Test("categories are read in any order, with prefixes, in capitals or not, full-width too")
    func categories() throws {
        let typed = try TumourCategories(parsing: ["pn2", "cT2A", "ｍ０"])
        #expect(typed.tumour == "T2a" && typed.nodes == "N2" && typed.metastases == "M0")
        #expect(typed.prefixes.tumour == "c" && typed.prefixes.nodes == "p" && typed.prefixes.metastases.isEmpty)
        #expect(try TumourCategories(parsing: ["ypT1mi", "NX", "M1c"]).tumour == "T1mi")
        #expect(try TumourCategories(parsing: ["Tis", "N0", "M0"]).tumour == "Tis")
    }

    @Test(
        "what are no categories is refused",
        arguments: [
            ["T2a", "N2"], ["T2a", "N2", "N3"], ["T5", "N0", "M0"], ["T2a", "N4", "M0"], ["T2a", "N2", "M2"],
            ["zT2", "N0", "M0"],
            ["2a", "N0", "M0"], ["", "N0", "M0"], [], ["T2a", "N2", "M0", "T2a"], ["T2aN2M0"],
        ]
    )
    func refused(texts: [String]) { #expect(throws: RecordError.self) { try TumourCategories(parsing: texts) } }
}
