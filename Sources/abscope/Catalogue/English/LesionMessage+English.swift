import CaseModel

extension LesionMessage {
    var english: String {
        switch self {
        case .noLesions: "No lesions."
        case .noLesionsRemedy: "Add them first: abscope lesion add."
        case .noAssessments: "No assessments."
        case .named(let number, let site): "Lesion \(number): \(site)"
        case .numberTaken(let number, let site): "Lesion \(number) is there already: \(site)."
        case .numberTakenRemedy: "Leave --number out for the next free one."
        case .unknown(let text, let labels):
            labels.isEmpty
                ? "There is no lesion \(text), for none was added: abscope lesion add."
                : "There is no lesion \(text). There are: \(labels.joined(separator: ", "))."
        case .ambiguous(let text, let references):
            "Several lesions have the number \(text): \(references.joined(separator: ", ")). Name one by its reference."
        case .exposed(let lesions, let course, let exposure):
            "\(lesions.joined(separator: ", ")) by \(course): \(exposure)"
        case .doseOnlyOfLowDose: "A dose is stated for low-dose only."
        case .measurementForm(let text): "\"\(text)\" is not what was seen of a lesion."
        case .measurementFormRemedy:
            "Write LESION=SIZE, for example 1=23 or 2=1.5cm:non-target; or present, absent, too-small, progression or"
                + " not-evaluated for the size."
        case .measuredTwice(let lesion): "Lesion \(lesion) is named twice."
        case .notAnAssessment(let text): "\(text) is no assessment."
        case .notAnAssessmentRemedy: "`abscope assessment list` has their references."
        case .isBaseline(let assessor): "Later assessments by \(assessor) are compared with this one."
        case .seriesHead(let assessor, let date): "\(assessor), from \(date), by RECIST 1.1:"
        case .response(let overall, let sum, let nadir):
            "RECIST 1.1: \(overall.rawValue)"
                + (sum.map { ", sum \($0) mm" } ?? "") + (nadir.map { ", smallest before \($0) mm" } ?? "")
        case .best(let best): Self.best(best)
        case .indication(let indication): Self.indication(indication)
        case .measured: "measured"
        case .outOfField(let course, let assessor, let date, let regressed, let lesions, let any, let sum, let why):
            "Out of the field of \(course), \(assessor)\(date.isEmpty ? "" : ", \(date)"): "
                + (why == .noBaseline || why == .notSettled || why == .noLesion
                    ? "unknown, \(why.map(Self.reason) ?? "")."
                    : "any lesion \(Self.verdict(any)) (\(regressed.count) of \(lesions.count) shrank by 30 %"
                        + (regressed.isEmpty ? "" : ": \(regressed.joined(separator: ", "))")
                        + "), sum \(Self.verdict(sum))" + (why.map { "; \(Self.reason($0))" } ?? "") + "."
                        + (any == .pass ? " Compatible with an abscopal effect; it shows none." : ""))
        case .meanwhile(let drug, let first, let last, let isNew):
            "  Meanwhile: \(drug), \(first == last ? first : "\(first) to \(last)")"
                + (isNew ? ", begun after that baseline." : ".")
        }
    }

    private static func best(_ best: ResponseSeries.Best) -> String {
        let isResponse = best.response == .complete || best.response == .partial
        let date = best.date.map { ", \($0)" } ?? ""
        let confirmed = isResponse ? (best.isConfirmed ? ", confirmed" : ", not confirmed") : ""
        let duration = best.durationDays.flatMap { days in
            days == 0 ? nil : ", lasted \(Message.days(days))\(best.hasEnded ? "" : " so far")"
        }
        return "Best response: \(best.response.rawValue)\(date)\(confirmed)\(duration ?? "")"
    }

    private static func indication(_ indication: Lesion.Indication) -> String {
        let words =
            switch indication {
            case .limitingPain: "pain"
            case .fractureRisk: "risk of fracture"
            case .criticalSite: "critical site"
            case .progression: "progressive"
            case .softTissueMass: "soft-tissue mass"
            case .osteolysis: "osteolysis"
            }
        return indication.isStrong ? words : "consider: \(words)"
    }

    private static func verdict(_ verdict: Verdict) -> String {
        switch verdict {
        case .pass: "yes"
        case .fail: "no"
        case .unknown: "unknown"
        }
    }

    private static func reason(_ reason: OutOfFieldResponse.Reason) -> String {
        switch reason {
        case .notSettled: "something of the assessments is not settled"
        case .noBaseline: "there is no assessment before the course"
        case .unknownExposure: "how a lesion was exposed is not stated (abscope lesion expose)"
        case .notMeasured: "a lesion was not measured"
        case .newLesion: "a new lesion came outside the fields"
        case .noLesion: "no measurable lesion lies outside the fields"
        }
    }
}
