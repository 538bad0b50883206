import Schema

/// Rules on fractions given: facts are kept, and what breaks a rule is listed.
enum FractionRules {
    /// Everything, ``GivenRules`` too, in the order of findings.
    static func findings(
        in given: GivenRecords,
        order: OrderBody,
        prescribed: Course?,
        dosePerFraction: Measure?
    ) -> [Finding] {
        var findings = GivenRules.findings(in: given, order: order)
        var ofPlan = 0
        for line in given.lines where line.isDelivered && line.duplicateOf == nil {
            if line.countsForPlan { ofPlan += 1 }
            if let prescribed, line.countsForPlan {
                findings += beyondFindings(line, number: line.number.map { Int($0) } ?? ofPlan, of: prescribed)
            }
            findings += doseFindings(line, dosePerFraction: dosePerFraction)
        }
        return findings.sorted()
    }

    private static func beyondFindings(_ line: GivenLine, number: Int, of prescribed: Course) -> [Finding] {
        guard number > Int(prescribed.fractions) else { return [] }
        return [
            GivenRules.finding(
                .course,
                line.record,
                field: "number",
                value: String(number),
                rule: "beyond-prescription",
                "Fraction \(number) of a course of \(prescribed.fractions).",
                "Correct the number, revise the prescription, or record it as extra."
            )
        ]
    }

    private static func doseFindings(_ line: GivenLine, dosePerFraction planned: Measure?) -> [Finding] {
        guard let dose = line.dose else { return [] }
        // A partial fraction may be as small as it likes.
        if line.outcome == .given || dose.unit != .centigray, let doubt = CourseRules.doubt(ofFraction: dose) {
            return [
                GivenRules.finding(
                    .course,
                    line.record,
                    field: "dose",
                    value: String(describing: dose),
                    rule: "dose-plausible",
                    doubt.message,
                    doubt.remedy + " If the dose is right, say so in a note."
                )
            ]
        }
        guard line.outcome == .given, line.role == .unspecified, let planned,
            planned.unit != dose.unit || planned.value.compare(to: dose.value) != 0
        else { return [] }
        return [
            GivenRules.finding(
                .course,
                line.record,
                field: "dose",
                value: String(describing: dose),
                rule: "dose-differs",
                "The dose given is not the dose prescribed.",
                "Correct the record, or give the reason in a note."
            )
        ]
    }
}
