import CaseModel
import CaseStore
import Schema

extension Session {
    /// Records what became of one fraction or dose of an order, and reports it.
    ///
    /// * label: the number of the case.
    /// * correction: what people are told to type when it was a mistake.
    /// - Throws: ``Failure`` 75 when the case changed meanwhile; what recording throws.
    func record(
        _ body: GivenBody,
        of order: RecordID,
        in caseRecord: RecordID,
        _ label: String,
        by operatorRecord: RecordTarget?,
        performer: String?,
        _ writing: WriteOptions,
        correction: (String) -> String,
        in clinic: Clinic
    ) throws {
        var change = try DraftChange.create(
            .given,
            body,
            in: .existing(caseRecord),
            links: [LinkField.givenOrder: .existing(order)]
        )
        change.performer = performer.map { DraftPerformer(text: $0) }
        let entry = try clinic.record(
            Recording(changes: [change], operatorRecord: operatorRecord, isDryRun: writing.dryRun)
        )
        let given = body.hasDose ? ("dose", body.dose.rendered.json) : ("fraction", body.fraction.rendered.json)
        report(entry, correction: correction, in: clinic, [("case", .string(label)), given])
    }

    /// Whose it is, what was ordered, and that it is held or ended, on standard error before anybody is asked.
    func propose(_ order: RecordState, plan: String, of label: String, person: RecordState?) {
        let identity = person?.displayedBody(PersonBody.self).body
        // Whose it is belongs on the operator's terminal only, never into a log of a script.
        let name = input.isInteractive ? identity.flatMap { $0.hasName ? $0.name.value : nil } : nil
        let year = identity.flatMap { $0.hasBirthYear ? String($0.birthYear) : nil }
        console.note(.proposalWho(number: label, name: name, birthYear: year))
        console.note(.proposalOrder(plan))
        let status = order.displayedBody(OrderBody.self).body.state
        if !order.isOpenOrder || Vocabulary.term(status.value, as: Vocabulary.OrderState.self) == .held {
            console.note(.orderPaused(order.orderName, status.rendered.text))
        }
    }

    /// Whether to go on with what was proposed: asked on a terminal, unless it was answered beforehand.
    func confirms(_ given: RenderedValue, isAnswered: Bool) throws -> Bool {
        guard !isAnswered, input.isInteractive else { return true }
        guard try input.confirm(.give(given.text)) else {
            console.line(.notRecorded)
            return false
        }
        return true
    }
}
