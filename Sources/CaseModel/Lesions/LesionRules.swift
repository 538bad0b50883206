import Schema

/// Rules on lesions and their assessments.
package enum LesionRules {
    /// Target lesions at most, in all and of one organ. Eisenhauer, Eur J Cancer 2009; 45:228.
    package static let mostTargets = 5
    package static let mostTargetsOfOrgan = 2

    /// What the lesions of a case and their assessments break.
    ///
    /// - Complexity: O(lesions + measurements), and what the responses take.
    package static func findings(in book: LesionBook) -> [Finding] {
        // Most cases have neither, and this is asked of every one.
        guard !book.lesions.isEmpty || !book.readings.isEmpty else { return [] }
        let said = numbers(book) + exposures(book) + measurements(book)
        return (said + book.series.flatMap { targets($0, book) + order($0) + reports($0) }).sorted()
    }

    private static func numbers(_ book: LesionBook) -> [Finding] {
        Dictionary(grouping: book.lesions, by: \.number).compactMap { number, same in
            guard let number, same.count > 1, let last = same.last else { return nil }
            return Finding(
                record: last.record,
                kind: .lesion,
                field: "number",
                value: String(number),
                rule: "lesion.number-twice",
                message: "\(same.count) lesions have the number \(number).",
                remedy: "Retract the one that is the same lesion, or add it again with another number."
            )
        }
    }

    private static func exposures(_ book: LesionBook) -> [Finding] {
        Dictionary(grouping: book.exposures.lines, by: { [$0.lesion, $0.course] }).values.compactMap { lines in
            guard Set(lines.map(\.exposure)).count > 1, let last = lines.map(\.record).max() else { return nil }
            return Finding(
                record: last,
                kind: .result,
                field: "value",
                value: lines.map(\.exposure.rawValue).sorted().joined(separator: ", "),
                rule: "lesion.exposure-twice",
                message: "How the course reached the lesion is stated twice, and differs.",
                remedy: "Retract the statement that is wrong."
            )
        }
    }

    private static func measurements(_ book: LesionBook) -> [Finding] {
        book.readings.flatMap { Dictionary(grouping: $0.measurements, by: \.lesion).values }.compactMap { same in
            guard same.count > 1, let last = same.map(\.record).max() else { return nil }
            return Finding(
                record: last,
                kind: .result,
                field: "value",
                value: "",
                rule: "lesion.measured-twice",
                message: "The lesion was measured twice in one assessment.",
                remedy: "Retract the measurement that is wrong."
            )
        }
    }

    /// What the criteria say of the targets that were chosen at a baseline.
    private static func targets(_ series: ResponseSeries, _ book: LesionBook) -> [Finding] {
        let targets = series.baseline.measurements.filter { $0.role == .target }
        func tooMany(_ value: String, _ rule: String, _ message: String) -> Finding {
            Finding(
                record: series.baseline.record,
                kind: .assessment,
                field: "reading",
                value: value,
                rule: rule,
                message: message,
                remedy: "Make some of them non-target."
            )
        }
        var findings: [Finding] = []
        if targets.count > mostTargets {
            let message = "\(targets.count) target lesions were chosen; the criteria take \(mostTargets) at most."
            findings.append(tooMany(String(targets.count), "lesion.targets", message))
        }
        let organs = Dictionary(grouping: targets) { target in
            TypedText.folded(book.lesion(target.lesion)?.body.site.site.words ?? "").lowercased()
        }
        for (organ, same) in organs where !organ.isEmpty && same.count > mostTargetsOfOrgan {
            let most = "the criteria take \(mostTargetsOfOrgan) at most."
            let message = "\(same.count) target lesions are in one organ, \(organ); \(most)"
            findings.append(tooMany(organ, "lesion.targets-of-organ", message))
        }
        for target in targets where target.isSettled && target.millimetres != nil && !book.isMeasurable(target) {
            findings.append(
                Finding(
                    record: target.record,
                    kind: .result,
                    field: "value",
                    value: target.size.map(String.init(describing:)) ?? "",
                    rule: "lesion.target-small",
                    message:
                        "A target lesion is smaller than can be measured again: 10 mm, or 15 mm for a lymph node.",
                    remedy: "Make it non-target, or correct its size."
                )
            )
        }
        return findings
    }

    private static func order(_ series: ResponseSeries) -> [Finding] {
        let later = series.visits.map(\.reading)
        return zip([series.baseline] + later, later).compactMap { one, two in
            guard let first = one.date, let next = two.date, first.isBefore(next) != .pass else { return nil }
            return Finding(
                record: two.record,
                kind: .assessment,
                field: "reading",
                value: String(describing: next),
                rule: "assessment.order",
                message: "Which of two assessments by one assessor came first is not certain: \(first), \(next).",
                remedy: "Amend the dates; retract the one that was entered twice."
            )
        }
    }

    private static func reports(_ series: ResponseSeries) -> [Finding] {
        series.visits.compactMap { visit in
            guard let computed = visit.response?.overall, !visit.reading.reported.isEmpty else { return nil }
            let reported = TypedText.folded(visit.reading.reported).uppercased()
            // Other words than those of the criteria contradict nothing.
            guard let response = TumourResponse.allCases.first(where: { $0.rawValue.uppercased() == reported }),
                response != computed
            else { return nil }
            let measured = "is not what the measurements come to: \(computed.rawValue)."
            return Finding(
                record: visit.reading.record,
                kind: .assessment,
                field: "reported",
                value: visit.reading.reported,
                rule: "assessment.response-differs",
                message: "The reported response \(response.rawValue) \(measured)",
                remedy: "Compare with the report; correct a measurement, or leave both as they are."
            )
        }
    }

    /// - Throws: `.illFormedValue` for a size that is no length.
    package static func refuseIllFormed(size: Measure) throws(RecordError) {
        guard size.unit == .millimetre || size.unit == .centimetre, size.value.coefficient >= 0 else {
            throw RecordError(
                .illFormedValue,
                "\"\(size)\" is not the size of a lesion.",
                remedy: "Write millimetres or centimetres, for example 23 mm."
            )
        }
    }
}
