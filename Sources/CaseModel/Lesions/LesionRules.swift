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
        var findings: [Finding] = []
        func add(
            _ record: RecordID,
            _ kind: RecordKind,
            _ field: String,
            _ value: String,
            _ rule: String,
            _ message: String,
            _ remedy: String
        ) {
            findings.append(
                Finding(
                    record: record,
                    kind: kind,
                    field: field,
                    value: value,
                    rule: rule,
                    message: message,
                    remedy: remedy
                )
            )
        }
        for (number, same) in Dictionary(grouping: book.lesions, by: \.number) {
            guard let number, same.count > 1, let last = same.last else { continue }
            add(
                last.record,
                .lesion,
                "number",
                String(number),
                "lesion.number-twice",
                "\(same.count) lesions have the number \(number).",
                "Retract the one that is the same lesion, or add it again with another number."
            )
        }
        for lines in Dictionary(grouping: book.exposures.lines, by: { [$0.lesion, $0.course] }).values {
            guard Set(lines.map(\.exposure)).count > 1, let last = lines.map(\.record).max() else { continue }
            add(
                last,
                .result,
                "value",
                lines.map(\.exposure.rawValue).sorted().joined(separator: ", "),
                "lesion.exposure-twice",
                "How the course reached the lesion is stated twice, and differs.",
                "Retract the statement that is wrong."
            )
        }
        for reading in book.readings {
            let measured = Dictionary(grouping: reading.measurements, by: \.lesion)
            for lesion in measured.values.filter({ $0.count > 1 }) {
                guard let last = lesion.map(\.record).max() else { continue }
                add(
                    last,
                    .result,
                    "value",
                    "",
                    "lesion.measured-twice",
                    "The lesion was measured twice in one assessment.",
                    "Retract the measurement that is wrong."
                )
            }
        }
        for series in book.series {
            let targets = series.baseline.measurements.filter { $0.role == .target }
            if targets.count > mostTargets {
                add(
                    series.baseline.record,
                    .assessment,
                    "reading",
                    String(targets.count),
                    "lesion.targets",
                    "\(targets.count) target lesions were chosen; the criteria take \(mostTargets) at most.",
                    "Make some of them non-target."
                )
            }
            let organs = Dictionary(grouping: targets) { target in
                TypedText.folded(book.lesion(target.lesion)?.body.site.site.words ?? "").lowercased()
            }
            for (organ, same) in organs where !organ.isEmpty && same.count > mostTargetsOfOrgan {
                add(
                    series.baseline.record,
                    .assessment,
                    "reading",
                    organ,
                    "lesion.targets-of-organ",
                    "\(same.count) target lesions are in one organ, \(organ); the criteria take \(mostTargetsOfOrgan) at most.",
                    "Make some of them non-target."
                )
            }
            for target in targets where target.isSettled && target.millimetres != nil && !book.isMeasurable(target) {
                add(
                    target.record,
                    .result,
                    "value",
                    target.size.map(String.init(describing:)) ?? "",
                    "lesion.target-small",
                    "A target lesion is smaller than can be measured again: 10 mm, or 15 mm for a lymph node.",
                    "Make it non-target, or correct its size."
                )
            }
            for (one, two) in zip([series.baseline] + series.visits.map(\.reading), series.visits.map(\.reading)) {
                guard let first = one.date, let next = two.date, first.isBefore(next) != .pass else { continue }
                add(
                    two.record,
                    .assessment,
                    "reading",
                    String(describing: next),
                    "assessment.order",
                    "Which of two assessments by one assessor came first is not certain: \(first), \(next).",
                    "Amend the dates; retract the one that was entered twice."
                )
            }
            for visit in series.visits {
                guard let computed = visit.response?.overall, !visit.reading.reported.isEmpty else { continue }
                let reported = TypedText.folded(visit.reading.reported).uppercased()
                guard let response = TumourResponse.allCases.first(where: { $0.rawValue.uppercased() == reported }),
                    response != computed
                else { continue }
                add(
                    visit.reading.record,
                    .assessment,
                    "reported",
                    visit.reading.reported,
                    "assessment.response-differs",
                    "The reported response \(response.rawValue) is not what the measurements come to: \(computed.rawValue).",
                    "Compare with the report; correct a measurement, or leave both as they are."
                )
            }
        }
        return findings.sorted()
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
