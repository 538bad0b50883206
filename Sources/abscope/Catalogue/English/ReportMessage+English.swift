import CaseModel

extension ReportMessage {
    var english: String {
        switch self {
        case .nothing: "Nothing to count."
        case .rests(let cases, let leftOut):
            "Of \(cases) \(cases == 1 ? "case" : "cases") \(leftOut) \(leftOut == 1 ? "is" : "are") left out"
                + (leftOut > 0 ? ":" : ".")
        case .leftOut(let reason, let count): "  \(count) \(Self.reason(reason))"
        case .column(let column): Self.column(column)
        }
    }

    private static func reason(_ reason: Report.Reason) -> String {
        switch reason {
        case .noAssessment: "without an assessment after a baseline"
        case .severalAssessors: "with several assessors: say which with --assessor"
        case .responseUnknown: "whose response is unknown: something is not settled, or missing here"
        case .notTreated: "to whom nothing was given"
        case .noStart: "without the day they are counted from"
        case .noContact: "without a day of a contact, a treatment or death"
        case .notSettled: "of whom something that counts is in conflict, or waits for another site"
        case .datesContradict: "who died, or were last seen, before they are counted from"
        }
    }

    private static func column(_ column: Report.Column) -> String {
        switch column {
        case .cases: "Cases"
        case .complete: "CR"
        case .partial: "PR"
        case .stable: "SD"
        case .progressive: "PD"
        case .other: "Non-CR/Non-PD"
        case .notEvaluable: "NE"
        case .objective: "CR + PR"
        case .control: "Controlled"
        case .outOfFieldAny: "Out of field: any"
        case .outOfFieldSum: "sum"
        case .affected: "Patients"
        case .passed: "Pass"
        case .failed: "Fail"
        case .unknown: "Unknown"
        case .notApplicable: "Not applicable"
        case .events: "Events"
        case .medianDays: "Median days"
        case .medianLowerDays: "95 % from"
        case .medianUpperDays: "to"
        }
    }
}
