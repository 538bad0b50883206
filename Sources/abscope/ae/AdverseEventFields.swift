import ArgumentParser
import CaseModel
import Schema

/// What can be said of an adverse event, by options or on a terminal.
struct AdverseEventFields: ParsableArguments {
    @Option(name: .long, help: .option(.eventTerm)) var term: String?
    @Option(name: .long, help: .option(.grade)) var grade: String?
    @Option(name: .long, help: .option(.grading)) var grading: String?
    @Option(name: .long, help: .option(.eventStart)) var start: String?
    @Option(name: .long, help: .option(.eventEnd)) var end: String?
    @Option(name: .long, help: .option(.serious)) var serious: String?
    @Option(name: .long, help: .option(.seriousReason)) var seriousReason: String?
    @Option(name: .customLong("action"), help: .option(.actionTaken)) var actionTaken: String?
    @Option(name: .long, help: .option(.outcome)) var outcome: String?
    @Option(name: .long, help: .option(.eventNote)) var note: String?

    /// `isNew`: then what matters is asked for on a terminal, and required.
    func formFields(isNew: Bool) -> [Form.Field] {
        [
            Form.Field("term", term, asks: isNew ? .term : nil, isRequired: isNew),
            Form.Field("grade", grade, asks: isNew ? .grade : nil, isRequired: isNew),
            Form.Field("start", start, asks: isNew ? .start : nil),
            Form.Field("serious", serious, asks: isNew ? .serious : nil, isRequired: isNew),
            Form.Field("serious-reason", seriousReason), Form.Field("grading", grading), Form.Field("end", end),
            Form.Field("action", actionTaken), Form.Field("outcome", outcome), Form.Field("note", note),
        ]
    }

    /// The fields that were said, each whole: what was not said of one is as it was.
    ///
    /// * former: the event as it is; empty for a new one.
    /// - Throws: 65 for a value that is none.
    static func body(_ form: Form, over former: EventBody, today: CivilDay) throws -> EventBody {
        var body = EventBody()
        if form.has("term", "grade", "grading") {
            var event = former.adverseEvent
            if let term = form["term"] { event.term = Values.coded(term) }
            if let grade = form["grade"] {
                event.grade = UInt32(try Values.wholeNumber(grade, of: "grade", in: 1...5))
            }
            if form.has("grading") || !event.hasGrading { event.grading = form["grading"] ?? "CTCAE 5.0" }
            body.adverseEvent = event
        }
        if form.has("start", "end") { body.period = try Values.period(form, over: former.period, today: today) }
        if form.has("serious", "serious-reason") {
            var seriousness = former.serious
            if let answer = form["serious"] { seriousness.answer = try Values.answer(answer, of: "serious") }
            if let reason = form["serious-reason"] { seriousness.reason = Text(reason) }
            body.serious = seriousness
        }
        if let action = form["action"] { body.actionTaken = Values.coded(action) }
        if let outcome = form["outcome"] { body.outcome = Vocabulary.outcome(words: outcome) }
        if let note = form["note"] { body.note = Text(note) }
        return body
    }
}
