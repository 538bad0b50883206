package import LogFormat
import Schema

/// Which changes must not wait: they travel in lane 1, before everything else, and are understood alone.
package struct Urgency: Hashable, Sendable {
    /// Why it is urgent.
    package enum Reason: String, Hashable, Sendable {
        case seriousAdverseEvent = "serious adverse event"
        case treatmentState = "treatment"
        case allergy = "allergy"
        case pregnancy = "positive pregnancy test"
        case death = "death"
        case withdrawal = "withdrawal"
        case erasure = "what identifies the person was erased"
        /// It changes or takes back something urgent.
        case correction = "correction"
    }

    package var reason: Reason
    /// What it is about, in coded words only: drug, course, term and grade, never free text about the person.
    package var subject: String

    /// The sentence for ``EntryDraft/alone``, for example `GY-1342R: serious adverse event: pneumonitis, grade 3.`
    package func sentence(caseNumber: String) -> String {
        "\(caseNumber): \(reason.rawValue)" + (subject.isEmpty ? "" : ": \(subject)") + "."
    }
}

extension Urgency {
    /// Judges one change.
    ///
    /// - Parameters:
    ///   - change: about to be written.
    ///   - state: of the record it changes; nil when it creates one.
    ///   - isImport: what a batch brings is history and never urgent.
    /// - Returns: nil for the records lane. A change that creates a case is never urgent, for a case number counts
    ///   positions of the records feed.
    /// - Throws: `.illFormedEntry` when the body is none of its kind.
    package static func judge(
        _ change: DraftChange,
        state: RecordState? = nil,
        isImport: Bool = false
    ) throws(RecordError) -> Urgency? {
        guard !isImport, !(change.kind == .case && change.record == nil) else { return nil }
        if let urgency = try judgeBody(change, state: state) { return urgency }
        let lanes = state?.changes.map(\.context.reference.feed.lane) ?? []
        guard lanes.contains(.urgent), let state else { return nil }
        let what = change.action == .retract ? "taken back, " : ""
        return Urgency(reason: .correction, subject: what + subject(of: state))
    }

    /// The lane of an entry and, for the urgent lane, the sentence it carries.
    ///
    /// - Parameters:
    ///   - changes: of one entry, each with the state of the record it changes.
    ///   - caseNumber: as people know the case.
    ///   - isImport: what a batch brings is history and never urgent.
    /// - Returns: the urgent lane when one change is urgent and none creates a case; such an entry has to be split.
    /// - Throws: `.illFormedEntry` when a body is none of its kind.
    package static func lane(
        for changes: [(change: DraftChange, state: RecordState?)],
        caseNumber: String,
        isImport: Bool = false
    ) throws(RecordError) -> (lane: Lane, alone: String?) {
        guard !changes.contains(where: { $0.change.kind == .case && $0.change.record == nil }) else {
            return (.records, nil)
        }
        var sentences: [String] = []
        for item in changes {
            guard let urgency = try judge(item.change, state: item.state, isImport: isImport) else { continue }
            sentences.append(urgency.sentence(caseNumber: caseNumber))
        }
        return sentences.isEmpty ? (.records, nil) : (.urgent, sentences.joined(separator: " "))
    }

    private static func judgeBody(_ change: DraftChange, state: RecordState?) throws(RecordError) -> Urgency? {
        switch change.kind {
        case .event: judgeEvent(try EventBody(encodedBytes: change.body), state: state)
        case .order: judgeOrder(try OrderBody(encodedBytes: change.body), state: state)
        case .statement: judgeStatement(try StatementBody(encodedBytes: change.body), state: state)
        case .result: judgeResult(try ResultBody(encodedBytes: change.body), state: state)
        case .case: judgeCase(try CaseBody(encodedBytes: change.body))
        case .erasure where change.action == .create: Urgency(reason: .erasure, subject: "")
        default: nil
        }
    }

    private static func judgeEvent(_ said: EventBody, state: RecordState?) -> Urgency? {
        var event = state?.displayedBody(EventBody.self).body ?? EventBody()
        let wasSerious = event.serious.answer == .yes
        if said.hasType { event.type = said.type }
        if said.hasAdverseEvent { event.adverseEvent = said.adverseEvent }
        if said.hasPeriod { event.period = said.period }
        if said.hasSerious { event.serious = said.serious }
        if Vocabulary.term(event.type, as: Vocabulary.EventType.self) == .death {
            return Urgency(reason: .death, subject: "")
        }
        guard event.serious.answer == .yes || wasSerious else { return nil }
        return Urgency(reason: .seriousAdverseEvent, subject: words(event))
    }

    private static func judgeOrder(_ said: OrderBody, state: RecordState?) -> Urgency? {
        guard let term = Vocabulary.term(said.state.value, as: Vocabulary.OrderState.self) else { return nil }
        switch term {
        case .active, .completed: return nil
        case .held, .resumed, .stopped:
            let known = said.hasCourse || said.hasDrug ? said : state?.displayedBody(OrderBody.self).body ?? said
            let since = said.state.hasSince ? " since \(dateWords(said.state.since))" : ""
            return Urgency(reason: .treatmentState, subject: "\(words(known)) \(term.rawValue)\(since)")
        }
    }

    private static func judgeStatement(_ said: StatementBody, state: RecordState?) -> Urgency? {
        let known = state?.displayedBody(StatementBody.self).body
        let question = said.hasQuestion ? said.question : known?.question ?? Coded()
        let topic = (said.hasTopic ? said.topic : known?.topic ?? Coded()).words
        return switch (Vocabulary.term(question, as: Vocabulary.Question.self), said.stated.answer) {
        case (.allergy, .yes): Urgency(reason: .allergy, subject: topic)
        case (.consent, .no): Urgency(reason: .withdrawal, subject: topic.isEmpty ? "consent" : "consent, " + topic)
        default: nil
        }
    }

    private static func judgeResult(_ said: ResultBody, state: RecordState?) -> Urgency? {
        let known = state?.displayedBody(ResultBody.self).body
        let analyte = said.hasAnalyte ? said.analyte : known?.analyte ?? Coded()
        guard analyte.isCode(Vocabulary.pregnancyTest, of: Vocabulary.system),
            said.value.coded.isCode(Vocabulary.positive, of: Vocabulary.system)
        else { return nil }
        return Urgency(reason: .pregnancy, subject: "")
    }

    private static func judgeCase(_ said: CaseBody) -> Urgency? {
        if Vocabulary.term(said.vitalStatus.value, as: Vocabulary.VitalStatus.self) == .deceased {
            return Urgency(reason: .death, subject: "")
        }
        for (status, from) in [(said.trialStatus, "trial"), (said.treatmentStatus, "treatment")]
        where Vocabulary.term(status.value, as: Vocabulary.Participation.self) == .withdrawn {
            return Urgency(reason: .withdrawal, subject: "from \(from)")
        }
        return nil
    }

    private static func subject(of state: RecordState) -> String {
        switch state.kind {
        case .event: words(state.displayedBody(EventBody.self).body)
        case .order: words(state.displayedBody(OrderBody.self).body)
        case .statement: state.displayedBody(StatementBody.self).body.topic.words
        case .result: state.displayedBody(ResultBody.self).body.analyte.words
        default: String(describing: state.kind)
        }
    }

    private static func words(_ event: EventBody) -> String {
        let grade = event.adverseEvent.hasGrade ? ", grade \(event.adverseEvent.grade)" : ""
        let since = event.period.hasStart ? ", since \(dateWords(event.period.start))" : ""
        return event.adverseEvent.term.words + grade + since
    }

    private static func words(_ order: OrderBody) -> String {
        order.hasDrug ? order.drug.drug.words : order.course.hasName ? "course " + order.course.name : "course"
    }

    private static func dateWords(_ date: ClinicalDate) -> String {
        do throws(RecordError) { return String(describing: try PartialDate(date)) } catch { return "(no such date)" }
    }
}
