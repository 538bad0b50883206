import CaseModel
import Schema

// Lesions, their assessments and what these come to, as people read them and as JSON.

extension LesionReading {
    var dateText: String { date.map(String.init(describing:)) ?? say(Term.unknown) }

    /// `1=23mm:target 2=absent`, by number.
    func text(_ book: LesionBook) -> String {
        book.lesions.compactMap { lesion in
            measurement(of: lesion.record).map { "\(lesion.number.map { String($0) } ?? "")=\($0.text)" }
        }.joined(separator: " ")
    }

    func json(_ book: LesionBook, _ names: RecordNames) -> JSON {
        .object([
            ("reference", .string(names.reference(record))), ("date", JSON(date.map(String.init(describing:)))),
            ("assessor", .string(assessor)), ("method", .string(method)), ("baseline", .bool(isBaseline)),
            ("reported", .string(reported)), ("provisional", .bool(!isSettled)),
            (
                "measurements",
                .array(
                    measurements.map { measurement in
                        .object([
                            ("lesion", JSON(book.lesion(measurement.lesion)?.number)),
                            ("reference", .string(names.reference(measurement.record))),
                            ("role", JSON(measurement.role?.rawValue)), ("seen", .string(measurement.sight.rawValue)),
                            ("size", JSON(measurement.size.map(String.init(describing:)))),
                        ])
                    }
                )
            ),
        ])
    }
}

extension LesionMeasurement {
    /// `23 mm`, `absent`.
    var text: String {
        let seen = size.map { String(describing: $0).filter { $0 != " " } } ?? sight.rawValue
        return role.map { "\(seen):\($0.rawValue)" } ?? seen
    }
}

extension ExactRatio {
    /// Millimetres, to a tenth.
    var shown: String { digits(places: 1) }
}

extension ResponseCourse.Visit {
    /// What one assessment comes to, in a line.
    var line: Message { .lesion(.response(overall, sum: sumMillimetres?.shown, nadir: nadirSumMillimetres?.shown)) }
}

extension ResponseSeries {
    func json(_ book: LesionBook, _ names: RecordNames) -> JSON {
        .object([
            ("assessor", .string(assessor)), ("baseline", baseline.json(book, names)),
            ("baseline_sum_millimetres", JSON(course?.baselineSumMillimetres?.decimals)),
            ("targets", JSON(course?.targets)),
            (
                "visits",
                .array(
                    visits.map { visit in
                        .object([
                            ("assessment", visit.reading.json(book, names)),
                            ("sum_millimetres", JSON(visit.response?.sumMillimetres?.decimals)),
                            ("nadir_sum_millimetres", JSON(visit.response?.nadirSumMillimetres?.decimals)),
                            ("measured_targets", JSON(visit.response?.measuredTargets)),
                            ("target", JSON(visit.response?.target?.rawValue)),
                            ("non_target", JSON(visit.response?.nonTarget?.rawValue)),
                            ("new", visit.response.map { .bool($0.hasNewLesion) } ?? .null),
                            ("overall", JSON(visit.response?.overall.rawValue)),
                            ("irecist", JSON(visit.immune?.rawValue)),
                        ])
                    }
                )
            ),
            (
                "best",
                best.map { best in
                    .object([
                        ("response", .string(best.response.rawValue)),
                        ("assessment", .string(names.reference(best.record))),
                        ("confirmed", .bool(best.isConfirmed)), ("duration_days", JSON(best.durationDays)),
                        ("ended", .bool(best.hasEnded)),
                        ("stable_after_days", .integer(ResponseSeries.stableAfterDays)),
                        ("confirmed_after_days", .integer(ResponseSeries.confirmedAfterDays)),
                    ])
                } ?? .null
            ),
        ])
    }
}

extension OutOfFieldResponse {
    /// What is said of it: both definitions of the first assessment with a response, else of the last one, and the drugs.
    func messages(_ course: String, in book: LesionBook) -> [LesionMessage] {
        guard let visit = first ?? visits.last else { return [] }
        func numbers(_ records: [RecordID]) -> [String] {
            records.compactMap { book.lesion($0)?.number.map { String($0) } }
        }
        let date = visit.date.map(String.init(describing:)) ?? ""
        var messages: [LesionMessage] = [
            .outOfField(
                course: course,
                assessor: assessor,
                date: date,
                regressed: numbers(visit.regressed),
                of: numbers(visit.lesions),
                anyLesion: visit.anyLesion,
                sum: visit.sum,
                why: visit.why
            )
        ]
        if first != nil {
            for drug in drugs {
                messages.append(
                    .meanwhile(
                        drug.name,
                        first: String(describing: drug.first),
                        last: String(describing: drug.last),
                        isNew: drug.isNew
                    )
                )
            }
        }
        return messages
    }

    func json(_ book: LesionBook, _ names: RecordNames) -> JSON {
        func lesions(_ records: [RecordID]) -> JSON { .array(records.map { JSON(book.lesion($0)?.number) }) }
        return .object([
            ("course", .string(names.reference(course))), ("assessor", .string(assessor)),
            ("baseline", JSON(baseline.map(names.reference))),
            (
                "visits",
                .array(
                    visits.map { visit in
                        .object([
                            ("assessment", .string(names.reference(visit.record))),
                            ("date", JSON(visit.date.map(String.init(describing:)))),
                            ("lesions", lesions(visit.lesions)), ("regressed", lesions(visit.regressed)),
                            ("any_lesion", .string(visit.anyLesion.rawValue)), ("sum", .string(visit.sum.rawValue)),
                            ("multiple_regressions", .bool(visit.regressed.count > 1)),
                            ("why", JSON(visit.why?.rawValue)),
                        ])
                    }
                )
            ),
            (
                "drugs",
                .array(
                    drugs.map { drug in
                        .object([
                            ("order", .string(names.reference(drug.order))), ("drug", .string(drug.name)),
                            ("first", .string(String(describing: drug.first))),
                            ("last", .string(String(describing: drug.last))), ("new", .bool(drug.isNew)),
                        ])
                    }
                )
            ),
        ])
    }
}

extension BoneLesion {
    var rendered: RenderedValue {
        var parts = RenderedParts()
        if hasAppearance { parts.add("appearance", appearance.rendered) }
        func add(_ name: String, _ answer: Answer, _ isSaid: Bool, _ term: Term) {
            guard isSaid else { return }
            parts.add(name, RenderedValue("\(say(term)): \(answer.rendered.text)", answer.rendered.json))
        }
        add("limiting_pain", limitingPain, hasLimitingPain, .limitingPain)
        add("weight_bearing", weightBearing, hasWeightBearing, .weightBearing)
        add("critical_site", criticalSite, hasCriticalSite, .criticalSite)
        add("progressive", progressive, hasProgressive, .progressive)
        add("soft_tissue_mass", softTissueMass, hasSoftTissueMass, .softTissueMass)
        add("fracture", fracture, hasFracture, .fracture)
        add("compression", compression, hasCompression, .compression)
        if hasDate { parts.add("date", date.rendered) }
        return parts.joined()
    }
}

extension Reading {
    var rendered: RenderedValue {
        var parts = RenderedParts()
        if hasDate { parts.add("date", date.rendered) }
        if hasMethod { parts.add("method", method.rendered) }
        if hasAssessor { parts.add("assessor", RenderedValue(assessor)) }
        if isBaseline { parts.add("is_baseline", RenderedValue(say(Term.baseline), .bool(true))) }
        return parts.joined()
    }
}
