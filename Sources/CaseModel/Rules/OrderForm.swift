import Schema

/// What an order orders: a course of fractions, or doses of a drug.
package enum OrderForm: String, Hashable, Sendable, CaseIterable {
    case course, drug

    /// What one record of something given for it is called; in the names of rules, too.
    package var given: String {
        switch self {
        case .course: "fraction"
        case .drug: "dose"
        }
    }

    /// The field of an order that says what: `course`, `drug`.
    var orderField: UInt32 {
        switch self {
        case .course: 1
        case .drug: 2
        }
    }

    /// The field of a given record that says so: `fraction`, `dose`.
    var givenField: UInt32 {
        switch self {
        case .course: 2
        case .drug: 3
        }
    }
}

extension OrderBody {
    /// What it orders; nil for a kind of order of a newer version.
    package var form: OrderForm? { hasCourse ? .course : hasDrug ? .drug : nil }

    /// Whether more may be given for it, as its state says; what no state says, and one of a newer version, is open.
    package var isOpen: Bool { Vocabulary.term(state.value, as: Vocabulary.OrderState.self)?.isOpen ?? true }

    /// What people call it: the name of the course, or the drug.
    package var name: String { hasDrug ? drug.drug.words : course.name }
}
