package import Schema

/// What a radiotherapy course has to satisfy to be ordered. An order that breaks a rule is refused; the same found in a
/// course that is already recorded, for example in an outside hospital's letter, is a ``Finding``.
package enum CourseRules {
    /// Above it a dose per fraction in Gy is taken for a number in cGy and queried, never scaled. The largest fraction in
    /// use for lung is one of 34 Gy (RTOG 0915).
    package static let largestDosePerFractionGray = DecimalNumber(34)
    /// The same for a total.
    package static let largestTotalGray = DecimalNumber(150)
    /// Below it a dose per fraction in cGy is taken for a number in Gy.
    package static let smallestDosePerFractionCentigray = DecimalNumber(50)
    package static let mostFractions: UInt32 = 100

    /// - Throws: `.refusedOrder` with field, value, rule and remedy, for the first rule that is broken.
    package static func refuseUnlessOrderable(_ course: Course) throws(RecordError) {
        if let problem = problems(of: course).first {
            throw RecordError(.refusedOrder, problem.message, remedy: problem.remedy, at: problem.field)
        }
    }

    /// Everything a recorded course breaks, in a fixed order.
    package static func findings(of course: Course, record: RecordID) -> [Finding] {
        problems(of: course).map { problem in
            Finding(
                record: record,
                kind: .order,
                field: problem.field,
                value: problem.value,
                rule: problem.rule,
                message: problem.message,
                remedy: problem.remedy
            )
        }
    }

    /// Whether days without treatment matter little: the course is meant for something else than cure. Where no intent is
    /// said they may matter.
    package static func isGapHarmless(_ course: Course) -> Bool {
        guard course.hasIntent else { return false }
        let intent = TypedText.folded(course.intent.words).lowercased()
        return !["radical", "curative", "definitive", "adjuvant"].contains { intent.contains($0) }
    }

    /// The exact total a prescription amounts to; nil when a part is missing or does not fit.
    package static func total(dosePerFraction: Measure, fractions: UInt32) -> Measure? {
        dosePerFraction.value.multiplied(by: DecimalNumber(Int64(fractions))).map { Measure($0, dosePerFraction.unit) }
    }

    /// Why the dose of one fraction looks like a number in the other unit; nil when it does not.
    package static func doubt(ofFraction dose: Measure) -> (message: String, remedy: String)? {
        if dose.unit != .centigray, dose.value.compare(to: largestDosePerFractionGray) > 0 {
            return (
                "\(dose) per fraction is more than \(largestDosePerFractionGray) Gy.",
                "If centigray is meant, write \(dose.value) cGy."
            )
        }
        if dose.unit == .centigray, dose.value.compare(to: smallestDosePerFractionCentigray) < 0 {
            return (
                "\(dose) per fraction is less than \(smallestDosePerFractionCentigray) cGy.",
                "If gray is meant, write \(dose.value) Gy."
            )
        }
        return nil
    }

    private struct Problem {
        var field: String
        var value: String
        var rule: String
        var message: String
        var remedy: String
    }

    private static func problems(of course: Course) -> [Problem] {
        var problems: [Problem] = []
        if !(1...mostFractions).contains(course.fractions) {
            problems.append(
                Problem(
                    field: "course.fractions",
                    value: String(course.fractions),
                    rule: "course.fractions",
                    message: "A course has 1 to \(mostFractions) fractions, not \(course.fractions).",
                    remedy: "Give the number of fractions prescribed."
                )
            )
        }
        if course.prescriptions.isEmpty {
            problems.append(
                Problem(
                    field: "course.prescriptions",
                    value: "",
                    rule: "course.prescription",
                    message: "The course prescribes no dose.",
                    remedy: "Give dose per fraction and fractions."
                )
            )
        }
        for prescription in course.prescriptions {
            problems += doseProblems(prescription, fractions: course.fractions)
        }
        problems += pairProblems(course) + siteProblems(course.site)
        return problems
    }

    private static func doseProblems(_ prescription: Prescription, fractions: UInt32) -> [Problem] {
        let field = "course.prescriptions"
        let perFraction: Measure
        let total: Measure?
        do throws(RecordError) {
            perFraction = try Measure(prescription.dosePerFraction)
            total = prescription.hasTotalDose ? try Measure(prescription.totalDose) : nil
        } catch {
            return [
                Problem(
                    field: field,
                    value: "",
                    rule: "course.dose",
                    message: "A prescription lacks its dose: \(error).",
                    remedy: "Give dose per fraction with its unit."
                )
            ]
        }
        var problems: [Problem] = []
        func add(_ rule: String, _ value: Measure, _ message: String, _ remedy: String) {
            problems.append(
                Problem(field: field, value: String(describing: value), rule: rule, message: message, remedy: remedy)
            )
        }
        for dose in [perFraction, total].compactMap(\.self)
        where dose.unit?.isDose != true || dose.comparator != .equal || !dose.value.isPositive {
            add(
                "course.dose-unit",
                dose,
                "\(dose) is not a dose that can be given.",
                "Write a positive number with Gy, cGy or Gy{RBE}."
            )
        }
        guard problems.isEmpty else { return problems }
        if let doubt = doubt(ofFraction: perFraction) {
            add("course.dose-plausible", perFraction, doubt.message, doubt.remedy)
        }
        guard let total else { return problems }
        if total.unit != .centigray, total.value.compare(to: largestTotalGray) > 0 {
            add(
                "course.dose-plausible",
                total,
                "A total of \(total) is more than \(largestTotalGray) Gy.",
                "If centigray is meant, write \(total.value) cGy, and the dose per fraction in cGy too."
            )
        }
        if total.unit != perFraction.unit {
            add(
                "course.dose-unit",
                total,
                "Total and dose per fraction are in different units: \(total), \(perFraction).",
                "Write both in the same unit."
            )
        } else if let exact = Self.total(dosePerFraction: perFraction, fractions: fractions),
            exact.value.compare(to: total.value) != 0
        {
            add(
                "course.dose-sum",
                total,
                "\(perFraction) × \(fractions) is \(exact), not \(total).",
                "Correct the dose per fraction, the number of fractions or the total."
            )
        }
        return problems
    }

    /// Modality and technique as the mCODE invariants allow them; words without these codes are not judged.
    private static func pairProblems(_ course: Course) -> [Problem] {
        guard let techniques = allowedTechniques[course.modality.code],
            allowedTechniques.values.contains(where: { $0.contains(course.technique.code) }),
            !techniques.contains(course.technique.code)
        else { return [] }
        return [
            Problem(
                field: "course.technique",
                value: course.technique.words,
                rule: "course.modality-technique",
                message: "\(course.technique.words) is no technique of \(course.modality.words).",
                remedy: "Correct modality or technique."
            )
        ]
    }

    /// SNOMED CT: modality to techniques.
    private static let allowedTechniques: [String: Set<String>] = [
        "1156506007": ["441799006", "1156530009", "1162782007", "1156526006", "168524008", "1163157007"],
        "45643008": ["1162782007", "1156526006", "168524008", "1163157007"],
        "80347004": ["169317000", "1162782007"],
        "1156505006": ["1156529004", "1156528007", "1204242009"],
        "10611004": ["1156529004", "1156528007", "1204242009", "1163157007"],
    ]

    private static func siteProblems(_ site: BodySite) -> [Problem] {
        let words = site.site.words.lowercased()
        let isPaired =
            pairedCodes.contains(site.site.code)
            || words.split(whereSeparator: { !$0.isLetter }).contains { pairedWords.contains(String($0)) }
        guard isPaired, site.laterality.words.isEmpty else { return [] }
        return [
            Problem(
                field: "course.site",
                value: site.site.words,
                rule: "course.laterality",
                message: "\(site.site.words) is a paired organ, and the side is missing.",
                remedy: "Give the side: left, right or both."
            )
        ]
    }

    private static let pairedCodes: Set<String> = ["39607008", "31094006", "71341001", "113197003", "23451007"]
    private static let pairedWords: Set<String> = [
        "lung", "lobe", "femur", "rib", "adrenal", "kidney", "breast", "hip", "humerus",
    ]
}
