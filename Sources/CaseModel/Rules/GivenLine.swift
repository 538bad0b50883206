package import Schema

/// One record of something given, a fraction of a course or a dose of a drug, and whether it counts.
package struct GivenLine: Hashable, Sendable {
    /// What in the record itself keeps it from being counted.
    package enum Doubt: Hashable, Sendable {
        /// A date or a dose that is none.
        case unreadableValue
        /// Whether it was given is not stated, or in words of a newer version.
        case noOutcome
        /// Marked as a duplicate of a record that does not count.
        case duplicateOfNone
    }

    package var record: RecordID
    /// The number of the fraction within its course, or of the cycle.
    package var number: UInt32?
    /// The day within the cycle, for a drug that is given on several.
    package var dayOfCycle: UInt32?
    package var date: PartialDate?
    package var dose: Measure?
    package var outcome: GivenOutcome
    package var role: FractionRole
    /// False while in conflict, pending, obscured, disputed, or in ``doubt``.
    package var isSettled: Bool
    package var doubt: Doubt?
    /// Another record of the same fraction or dose this one was marked a duplicate of; that one is delivered and no duplicate.
    package var duplicateOf: RecordID?
    /// The site's calendar day when the record was made.
    package var enteredOn: CivilDay?

    package var isDelivered: Bool { outcome == .given || outcome == .partial }

    /// Whether it takes a number of the plan: delivered, and not beyond the plan on purpose.
    package var countsForPlan: Bool { isDelivered && duplicateOf == nil && role != .extra }
}

extension GivenLine {
    /// nil for another order's record, one of another form, and what was retracted.
    init?(_ state: RecordState, of order: RecordID, _ form: OrderForm) {
        guard state.kind == .given, state.standing != .retracted else { return nil }
        let orders = state[LinkField.givenOrder]?.candidates.map(\.content) ?? []
        guard orders.contains(.link(order)) else { return nil }
        let shown = state.displayedBody(GivenBody.self)
        let (fraction, dose) = (shown.body.fraction, shown.body.dose)
        let isReadable = form == .course ? shown.body.hasFraction : shown.body.hasDose
        guard isReadable || shown.unreadableFields.contains(form.givenField) else { return nil }
        record = state.id
        enteredOn = state.change(state.id)?.context.recorded.day
        let given: (number: UInt32?, date: ClinicalDate?, dose: Quantity?)
        switch form {
        case .course:
            given = (
                fraction.hasNumber ? fraction.number : nil, fraction.hasDate ? fraction.date : nil,
                fraction.hasDose ? fraction.dose : nil
            )
            (outcome, role, dayOfCycle) = (fraction.outcome, fraction.role, nil)
        case .drug:
            given = (
                dose.hasCycle ? dose.cycle : nil, dose.hasDate ? dose.date : nil, dose.hasAmount ? dose.amount : nil
            )
            (outcome, role, dayOfCycle) = (dose.outcome, .unspecified, dose.hasDayOfCycle ? dose.dayOfCycle : nil)
        }
        number = given.number
        switch outcome {
        case .given, .partial, .notGiven: doubt = nil
        default: doubt = .noOutcome
        }
        do throws(RecordError) {
            date = try given.date.map { date throws(RecordError) in try PartialDate(date) }
            self.dose = try given.dose.map { dose throws(RecordError) in try Measure(dose) }
        } catch {
            doubt = .unreadableValue
        }
        isSettled =
            doubt == nil && shown.unreadableFields.isEmpty && state.isSettled
        duplicateOf = state.settledLink(LinkField.givenDuplicateOf)
    }
}
