import CaseModel
import TestSupport
import Testing

@Suite("Survival")
struct KaplanMeierTests {
    private static let file = "ncctg_lung/lung.csv"
    private static let reason: Comment = "the patients of shared/data are not on this machine"

    private func curve(_ subjects: String) throws -> KaplanMeier {
        KaplanMeier(
            try subjects.split(separator: " ").map { text in
                KaplanMeier.Subject(
                    days: try DecimalNumber(parsing: text.hasSuffix("+") ? String(text.dropLast()) : String(text)),
                    isEvent: !text.hasSuffix("+")
                )
            }
        )
    }

    /// Times, with a plus where observation ended without the event.
    @Test(
        "the median is the first time at which half or fewer are left",
        arguments: [
            ("1 2 3 4", "2"), ("1 2 3", "2"), ("1 2+ 3 4", "3"), ("1+ 2+", nil), ("1 2+ 3+", nil), ("5 5 5", "5"),
            ("7", "7"),
            ("1 1+ 1+ 1+", nil), ("10 20 30 40 50 60 70 80 90 100", "50"), ("", nil),
        ] as [(String, String?)]
    )
    func median(subjects: String, days: String?) throws {
        #expect(try curve(subjects).medianDays?.description == days)
    }

    @Test("who leaves at the time of an event was at risk of it")
    func ties() throws {
        let steps = try curve("1 1+ 2 3+").steps
        #expect(steps.map(\.atRisk) == [4, 2, 1] && steps.map(\.events) == [1, 1, 0])
        #expect(steps.map(\.survival) == [0.75, 0.375, 0.375])
    }

    @Test("beyond the last observation nothing is known, unless nobody was left")
    func beyond() throws {
        let open = try curve("1 2 3+")
        #expect(open.survival(atDays: DecimalNumber(0))?.survival == 1)
        #expect(open.survival(atDays: DecimalNumber(0))?.atRisk == 3)
        #expect(open.survival(atDays: DecimalNumber(3))?.atRisk == 1)
        #expect(open.survival(atDays: DecimalNumber(4)) == nil)
        #expect(try curve("1 2").survival(atDays: DecimalNumber(4))?.survival == 0)
    }

    /// A curve without limits of observation is the share that is left, whatever the size.
    @Test("without censoring it is the share that is left, and the median that of the sorted times", arguments: 1..<120)
    func uncensored(count: Int) throws {
        let subjects = (1...count).map { KaplanMeier.Subject(days: DecimalNumber(Int64($0)), isEvent: true) }
        let curve = KaplanMeier(subjects.shuffled())
        #expect(curve.medianDays == DecimalNumber(Int64((count + 1) / 2)))
        for (index, step) in curve.steps.enumerated() {
            #expect(abs(step.survival - Double(count - index - 1) / Double(count)) < 1e-12)
        }
    }

    @Test(
        "the lung trial has the medians, limits and shares of the reference",
        .enabled(reason) { SharedData.has(file) },
        arguments: [
            (nil, 228, 165, "310", "284", "361", 0.4092), ("1", 138, 112, "270", "210", "306", 0.3361),
            ("2", 90, 53, "426", "345", "524", 0.5265),
        ] as [(String?, Int, Int, String, String, String, Double)]
    )
    func reference(
        sex: String?,
        count: Int,
        events: Int,
        median: String,
        lower: String,
        upper: String,
        share: Double
    ) throws {
        let table = try CSVTable(parsing: SharedData.bytes(Self.file))
        let columns = try table.columns(["time", "status", "sex"])
        let rows = table.rows.filter { sex == nil || $0.fields[columns[2]].text == sex }
        let curve = KaplanMeier(
            try rows.map { row in
                KaplanMeier.Subject(
                    days: try DecimalNumber(parsing: row.fields[columns[0]].text),
                    isEvent: row.fields[columns[1]].text == "1"
                )
            }
        )
        #expect(curve.subjects == count && curve.events == events)
        #expect(curve.medianDays?.description == median)
        #expect(curve.medianLowerDays?.description == lower && curve.medianUpperDays?.description == upper)
        let there = try #require(curve.survival(atDays: DecimalNumber(365)))
        #expect(abs(there.survival - share) < 0.00005)
    }
}
