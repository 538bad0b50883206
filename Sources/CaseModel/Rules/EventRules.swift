package import Schema

/// Rules on adverse events.
package enum EventRules {
    /// - Throws: `.illFormedValue` for a grade that does not exist, or an event without a term.
    package static func refuseIllFormed(_ event: AdverseEvent) throws(RecordError) {
        guard !event.term.words.isEmpty else {
            throw RecordError(
                .illFormedValue,
                "An adverse event needs a term.",
                remedy: "Name it, for example pneumonitis."
            )
        }
        guard !event.hasGrade || (1...5).contains(event.grade) else {
            throw RecordError(
                .illFormedValue,
                "There is no grade \(event.grade).",
                remedy: "A grade is 1 to 5; leave it out where it is not known.",
                at: "adverse_event"
            )
        }
    }

    /// Serious and without a final outcome or an end.
    package static func isSeriousAndUnresolved(_ state: RecordState) -> Bool {
        guard state.kind == .event, state.standing != .retracted else { return false }
        // What is shown, not what is settled: while two sites disagree the cautious value keeps it on the list.
        let event = state.displayedBody(EventBody.self).body
        guard event.serious.answer == .yes else { return false }
        let isSettled = [3, 6].allSatisfy { state[$0].map { $0.settled != nil } ?? true }
        let outcome = Vocabulary.term(event.outcome, as: Vocabulary.EventOutcome.self)
        return !(isSettled && (outcome?.isFinal == true || (outcome == nil && event.period.hasEnd)))
    }

    /// What a recorded event breaks.
    package static func findings(of state: RecordState) -> [Finding] {
        guard state.kind == .event, state.standing != .retracted else { return [] }
        let decoded = state.settledBody(EventBody.self)
        let event = decoded.body
        var findings: [Finding] = []
        func add(_ field: String, _ value: String, _ rule: String, _ message: String, _ remedy: String) {
            findings.append(
                Finding(
                    record: state.id,
                    kind: .event,
                    field: field,
                    value: value,
                    rule: rule,
                    message: message,
                    remedy: remedy
                )
            )
        }
        if event.hasAdverseEvent {
            do throws(RecordError) {
                try refuseIllFormed(event.adverseEvent)
            } catch {
                add("adverse_event", String(event.adverseEvent.grade), "event.grade", error.message, error.remedy)
            }
        }
        if event.period.hasStart, event.period.hasEnd {
            do throws(RecordError) {
                let end = try PartialDate(event.period.end)
                if end.isBefore(try PartialDate(event.period.start)) == .pass {
                    add(
                        "period",
                        String(describing: end),
                        "event.period",
                        "The event ends before it starts.",
                        "Correct start or end."
                    )
                }
            } catch {
                add("period", "", "event.period", error.message, "Amend the event with a date that exists.")
            }
        }
        return findings
    }
}
