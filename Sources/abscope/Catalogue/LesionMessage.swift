import CaseModel

/// What is said of lesions, their assessments, and what these come to.
enum LesionMessage {
    case noLesions, noLesionsRemedy, noAssessments
    case named(UInt32, String), numberTaken(UInt32, String), numberTakenRemedy
    case unknown(String, [String]), ambiguous(String, [String])
    case exposed([String], String, String), doseOnlyOfLowDose
    case measurementForm(String), measurementFormRemedy, measuredTwice(String)
    case notAnAssessment(String), notAnAssessmentRemedy
    case isBaseline(String), seriesHead(String, String)
    case response(TumourResponse, sum: String?, nadir: String?), best(ResponseSeries.Best)
    case indication(Lesion.Indication), measured
    case outOfField(
        course: String,
        assessor: String,
        date: String,
        regressed: [String],
        of: [String],
        anyLesion: Verdict,
        sum: Verdict,
        why: OutOfFieldResponse.Reason?
    )
    case meanwhile(String, first: String, last: String, isNew: Bool)
}
