import CaseModel
import Testing

/// Expected values are those of the clinical references, named beside each.
@Suite("Formulas")
struct FormulaTests {
    /// Gray of a fraction, fractions, BED10, EQD2(10), BED3 and EQD2(3) as printed to two decimals.
    static let schedules: [(String, String, String, String, String)] = [
        ("2x30", "72.00", "60.00", "100.00", "60.00"), ("2x33", "79.20", "66.00", "110.00", "66.00"),
        ("3x20", "78.00", "65.00", "120.00", "72.00"), ("2.75x20", "70.13", "58.44", "105.42", "63.25"),
        ("3x15", "58.50", "48.75", "90.00", "54.00"), ("1.5x30", "51.75", "43.13", "67.50", "40.50"),
        ("3x10", "39.00", "32.50", "60.00", "36.00"), ("4x5", "28.00", "23.33", "46.67", "28.00"),
        ("5x5", "37.50", "31.25", "66.67", "40.00"), ("8x3", "43.20", "36.00", "88.00", "52.80"),
        ("8x1", "14.40", "12.00", "29.33", "17.60"), ("10x1", "20.00", "16.67", "43.33", "26.00"),
        ("2.5x1", "3.13", "2.60", "4.58", "2.75"), ("12x1", "26.40", "22.00", "60.00", "36.00"),
        ("20x1", "60.00", "50.00", "153.33", "92.00"), ("18x3", "151.20", "126.00", "378.00", "226.80"),
        ("12x4", "105.60", "88.00", "240.00", "144.00"), ("10x5", "100.00", "83.33", "216.67", "130.00"),
        ("7.5x8", "105.00", "87.50", "210.00", "126.00"), ("34x1", "149.60", "124.67", "419.33", "251.60"),
    ]

    @Test("schedules have the biologically effective doses of the table", arguments: schedules)
    func effectiveDoses(scheme: String, bed10: String, eqd10: String, bed3: String, eqd3: String) throws {
        let schemes = [try FractionScheme(parsing: scheme)]
        let tumour = try LinearQuadratic(schemes, alphaBetaGray: DecimalNumber(10))
        let late = try LinearQuadratic(schemes, alphaBetaGray: DecimalNumber(3))
        #expect(try tumour.bedGray().digits(places: 2) == bed10)
        #expect(try tumour.eqd2Gray().digits(places: 2) == eqd10)
        #expect(try late.bedGray().digits(places: 2) == bed3)
        #expect(try late.eqd2Gray().digits(places: 2) == eqd3)
    }

    @Test("the exact values are not rounded")
    func exact() throws {
        let model = try LinearQuadratic([FractionScheme(parsing: "2.75x20")], alphaBetaGray: DecimalNumber(10))
        #expect(try model.bedGray().decimals == "70.125")
        #expect(try model.eqd2Gray().decimals == "58.4375")
    }

    @Test(
        "phases are added up, and are outside the range as soon as one is",
        arguments: [("10", false), ("10.01", true)]
    )
    func phases(dose: String, isOutside: Bool) throws {
        let schemes = try ["2x25", "\(dose)x1"].map { try FractionScheme(parsing: $0) }
        let model = try LinearQuadratic(schemes, alphaBetaGray: DecimalNumber(10))
        #expect(model.fractions == 26 && model.isOutsideRange == isOutside)
        if dose == "10" { #expect(try model.bedGray().decimals == "80") }
    }

    @Test(
        "repopulation counts from its kickoff and never before",
        arguments: [(39, "65.4"), (45, "61.8"), (49, "59.4"), (28, "72"), (5, "72")]
    )
    func repopulation(days: Int, bed: String) throws {
        let model = try LinearQuadratic([FractionScheme(parsing: "2x30")], alphaBetaGray: DecimalNumber(10))
        let growth = try LinearQuadratic.Repopulation(
            days: Int64(days),
            grayPerDay: try DecimalNumber(parsing: "0.6"),
            kickoffDays: DecimalNumber(28)
        )
        #expect(try model.bedGray(with: growth).decimals == bed)
    }

    @Test(
        "a scheme is read dose first, in the ways people write it",
        arguments: ["8x3", "8Gyx3", "8 Gy x 3", "3fx8Gy", "3 fx x 8 Gy", "8×3", "８x３", "8X3", "8.0x3"]
    )
    func scheme(text: String) throws {
        let scheme = try FractionScheme(parsing: text)
        #expect(scheme.fractions == 3 && scheme.dosePerFractionGray.compare(to: DecimalNumber(8)) == 0)
    }

    @Test(
        "what is no scheme is refused, with the other reading where there is one",
        arguments: [
            ("3x8.5", "write 8.5x3"), ("50x2", "0.5 to 40"), ("60x30", "write 30x60"), ("0.4x2", "0.5 to 40"),
            ("2x0", "1 to 200"),
            ("2x201", "1 to 200"), ("8", "for example 8x3"), ("8x", "for example 8x3"), ("x3", "for example 8x3"),
            ("", "for example 8x3"), ("8x3x2", "for example 8x3"), ("800cGyx3", "never converted"),
            ("8Gy(RBE)x3", "physical gray"),
            ("8GyEx3", "physical gray"), ("-8x3", "0.5 to 40"), ("eightx3", "for example 8x3"),
            ("f", "for example 8x3"),
            ("fx8", "for example 8x3"),
        ]
    )
    func notAScheme(text: String, remedy: String) {
        let error = #expect(throws: RecordError.self) { try FractionScheme(parsing: text) }
        let said = "\(error?.message ?? "") \(error?.remedy ?? "")"
        #expect(said.contains(remedy), "\(said)")
    }

    @Test("an alpha/beta is above 0", arguments: ["0", "-3", "0.00"])
    func alphaBeta(text: String) throws {
        let scheme = try FractionScheme(parsing: "2x30")
        #expect(throws: RecordError.self) {
            try LinearQuadratic([scheme], alphaBetaGray: DecimalNumber(parsing: text))
        }
    }

    @Test(
        "carboplatin by Calvert: an estimated rate is capped, a measured one is not",
        arguments: [
            ("5", "90", nil, "575", false), ("5", "140", .estimated, "750", true),
            ("5", "140", .measured, "825", false),
            ("5", "125", nil, "750", false), ("6", "62.5", .estimated, "525", false),
        ] as [(String, String, CarboplatinDose.Method?, String, Bool)]
    )
    func carboplatin(auc: String, rate: String, method: CarboplatinDose.Method?, milligrams: String, isCapped: Bool)
        throws
    {
        let dose = try CarboplatinDose(
            areaUnderCurve: DecimalNumber(parsing: auc),
            filtrationRate: DecimalNumber(parsing: rate),
            method: method
        )
        #expect(try dose.milligrams().decimals == milligrams)
        #expect(dose.isCapped == isCapped)
    }

    @Test(
        "carboplatin refuses what nobody gives",
        arguments: [("0.9", "90"), ("8.1", "90"), ("5", "0"), ("5", "125.1"), ("5", "301")]
    )
    func notCarboplatin(auc: String, rate: String) throws {
        let (area, filtration) = (try DecimalNumber(parsing: auc), try DecimalNumber(parsing: rate))
        #expect(throws: RecordError.self) {
            try CarboplatinDose(areaUnderCurve: area, filtrationRate: filtration, method: nil)
        }
    }

    @Test(
        "the surface of a body, by both formulas",
        arguments: [(BodySurface.mosteller, "1.751983"), (.stevenson, "1.716100")]
    )
    func bodySurface(formula: BodySurface, area: String) throws {
        let found = try formula.squareMetres(heightCentimetres: DecimalNumber(170), weightKilograms: DecimalNumber(65))
        #expect(found.digits(places: 6) == area)
    }

    @Test("a body has the measures of one", arguments: [("1.70", "65"), ("170", "0.5"), ("251", "65"), ("170", "650")])
    func notABody(height: String, weight: String) throws {
        let (one, two) = (try DecimalNumber(parsing: height), try DecimalNumber(parsing: weight))
        #expect(throws: RecordError.self) {
            try BodySurface.mosteller.squareMetres(heightCentimetres: one, weightKilograms: two)
        }
    }

    @Test(
        "the clearance of creatinine, in either unit and for either sex",
        arguments: [
            ("88.4 umol/L", true, "61.388889"), ("1 mg/dL", true, "61.388889"), ("1.0 mg/dL", false, "72.222222"),
        ]
    )
    func clearance(creatinine: String, isFemale: Bool, found: String) throws {
        let clearance = try CreatinineClearance(
            ageYears: DecimalNumber(60),
            weightKilograms: DecimalNumber(65),
            isFemale: isFemale,
            creatinine: Measure(parsing: creatinine)
        )
        #expect(try clearance.millilitresPerMinute().digits(places: 6) == found)
    }

    @Test(
        "a creatinine without its unit, of another or of another size is refused",
        arguments: ["88.4", "88.4 mg/dL", "1 umol/L", "<88 umol/L", "88 mm"]
    )
    func notACreatinine(text: String) throws {
        let measure = try Measure(parsing: text)
        #expect(throws: RecordError.self) {
            try CreatinineClearance(
                ageYears: DecimalNumber(60),
                weightKilograms: DecimalNumber(65),
                isFemale: true,
                creatinine: measure
            )
        }
    }

    /// The consolidation window after the last fraction on a Friday, treatment-facts worked example 5.
    @Test(
        "days count from the anchor's own day, which is day 0",
        arguments: [
            ("2026-03-06", 0, .fail), ("2026-03-07", 1, .pass), ("2026-03-20", 14, .pass), ("2026-03-21", 15, .pass),
            ("2026-04-17", 42, .pass), ("2026-04-18", 43, .fail), ("2026-03-01", -5, .fail),
        ] as [(String, Int64, Verdict)]
    )
    func window(on: String, day: Int64, isInside: Verdict) throws {
        let window = try DayWindow(
            anchor: PartialDate(parsing: "2026-03-06", today: nil),
            on: PartialDate(parsing: on, today: nil),
            from: 1,
            to: 42
        )
        #expect(window.day == day && window.isInside == isInside)
    }

    @Test(
        "a date known in part decides only what all its days decide alike",
        arguments: [
            ("2026-03-06", "2026-03", nil, -5, 25, .unknown), ("2026-03-06", "2026-04", nil, 26, 55, .unknown),
            ("2026-03-06", "2026-05", nil, 56, 86, .fail), ("2026-02", "2026-03-05", nil, 5, 32, .pass),
            ("2026-03-06", "after 2026-04-17", nil, 43, nil, .fail),
            ("2026-03-06", "before 2026-03-07", nil, nil, 0, .fail),
            ("2026-03-06", "about 2026-03-20", nil, nil, nil, .unknown),
        ] as [(String, String, Int64?, Int64?, Int64?, Verdict)]
    )
    func partialWindow(anchor: String, on: String, day: Int64?, first: Int64?, last: Int64?, isInside: Verdict) throws {
        let window = try DayWindow(
            anchor: PartialDate(parsing: anchor, today: nil),
            on: PartialDate(parsing: on, today: nil),
            from: 1,
            to: 42
        )
        #expect(window.day == day && window.days == (first, last) && window.isInside == isInside)
    }

    @Test("a window ends after it begins")
    func noWindow() throws {
        let date = try PartialDate(parsing: "2026-03-06", today: nil)
        #expect(throws: RecordError.self) { try DayWindow(anchor: date, on: date, from: 2, to: 1) }
    }
}
