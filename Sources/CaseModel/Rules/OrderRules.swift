package import Schema

/// What may be decided about an order that stands: an order that makes no sense is refused, never a fact.
package enum OrderRules {
    /// - Throws: `.refusedOrder` for a dose that is no reduction of what is ordered. Doses calculated from different things
    ///   are not compared.
    package static func refuseUnlessLess(_ dose: DrugDose, than ordered: DrugOrder) throws(RecordError) {
        guard ordered.hasDose else { return }
        let before = try DrugDose(ordered)
        guard dose.basis == before.basis, dose.amount.unit == before.amount.unit,
            dose.amount.value.compare(to: before.amount.value) >= 0
        else { return }
        throw RecordError(
            .refusedOrder,
            "\(dose) is not less than the \(before) that is ordered.",
            remedy: "To give more, stop this order and add another.",
            at: "dose"
        )
    }

    /// - Parameters:
    ///   - new: What is decided.
    ///   - order: The order as it is shown here; while two sites disagree the cautious state.
    ///   - isSettled: Whether its state is; what people decide in a conflict settles it, and is never refused.
    /// - Throws: `.illFormedValue` for what it is already, and a resumption of what goes on.
    package static func refuseUnlessPossible(
        _ new: Vocabulary.OrderState,
        of order: OrderBody,
        isSettled: Bool
    ) throws(RecordError) {
        guard isSettled else { return }
        let known = Vocabulary.term(order.state.value, as: Vocabulary.OrderState.self) ?? .active
        switch (known, new) {
        case (.held, .held), (.stopped, .stopped), (.completed, .completed):
            throw RecordError(
                .illFormedValue,
                "It is \(known.rawValue) already.",
                remedy: "Resume it first where since when, or why, was wrong."
            )
        case (.active, .resumed), (.resumed, .resumed), (_, .active):
            throw RecordError(
                .illFormedValue,
                "It is not held.",
                remedy: "Only what was held, stopped or completed is resumed."
            )
        // Also what ended goes on again where it was ended by mistake.
        case (.active, _), (.resumed, _), (.held, _), (.stopped, _), (.completed, _): break
        }
    }
}
