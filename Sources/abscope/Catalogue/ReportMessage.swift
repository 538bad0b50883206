import CaseModel

/// What is said with a report.
enum ReportMessage {
    case nothing, rests(on: Int, leftOut: Int), leftOut(Report.Reason, Int), column(Report.Column)
}
