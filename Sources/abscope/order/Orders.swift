import CaseModel
import Schema

/// The courses of one case, or its drugs, with what was given of each.
struct Orders {
    let form: OrderForm
    /// Every record of the case.
    let states: [RecordState]
    /// Orders of the form that were not retracted.
    let orders: [RecordState]
    /// What is missing here, of whatever case.
    let missing: [MissingEntries]

    init(_ form: OrderForm, _ states: [RecordState], missing: [MissingEntries]) {
        self.form = form
        self.states = states
        self.missing = missing
        orders = states.filter { state in
            state.kind == .order && state.standing != .retracted
                && state.displayedBody(OrderBody.self).body.form == form
        }
    }

    func fractions(of course: RecordState) -> FractionBook {
        FractionBook(course: course, given: states.filter { $0.kind == .given }, missing: missing)
    }

    func doses(of order: RecordState) -> DoseBook {
        DoseBook(order: order, given: states.filter { $0.kind == .given }, missing: missing)
    }

    /// Orders that are neither completed nor stopped, nor complete by count.
    var open: [RecordState] {
        orders.filter { order in
            guard order.isOpenOrder else { return false }
            let given = form == .course ? fractions(of: order).given : doses(of: order).given
            return !given.isComplete
        }
    }

    /// The order somebody named, or the only open one.
    ///
    /// * typed: a reference or (part of) a name; nil takes the only open one.
    /// * includesClosed: also orders that are complete, when named.
    /// - Throws: 66 when there is none, 64 when there are several.
    func order(_ typed: String?, of number: String, _ names: RecordNames, includesClosed: Bool) throws -> RecordState {
        let open = self.open
        guard let typed else {
            guard let only = open.first else { throw Failure(.noInput, .noOrders(form, number)) }
            guard open.count == 1 else {
                throw Failure(
                    .usage,
                    .severalOrders(form, open.map { label($0, names) }),
                    remedy: .severalOrdersRemedy(form)
                )
            }
            return only
        }
        let candidates = includesClosed ? orders : open
        guard !candidates.isEmpty else { throw Failure(.noInput, .noOrders(form, number)) }
        let key = TypedText.folded(typed).lowercased()
        func name(_ order: RecordState) -> String { TypedText.folded(order.orderName).lowercased() }
        let exact = candidates.filter { names.reference($0.id).lowercased() == key || name($0) == key }
        let fitting = exact.isEmpty ? candidates.filter { name($0).contains(key) } : exact
        guard let order = fitting.first else {
            throw Failure(.noInput, .orderUnknown(form, typed, candidates.map { label($0, names) }))
        }
        guard fitting.count == 1 else {
            throw Failure(.usage, .orderAmbiguous(form, typed, fitting.map { label($0, names) }))
        }
        return order
    }

    /// `thorax (GY.2.17-3fa97c21)`.
    private func label(_ order: RecordState, _ names: RecordNames) -> String {
        "\(order.orderName) (\(names.reference(order.id)))"
    }
}

extension RecordState {
    /// The name of a course, or the drug of an order, as it is shown.
    var orderName: String { displayedBody(OrderBody.self).body.name }

    /// Whether more may be given for an order, as it is shown.
    var isOpenOrder: Bool { displayedBody(OrderBody.self).body.isOpen }
}

extension GivenRecords {
    /// `11`, `10–11` while two records may be one, or `10+` where nobody can say how many more.
    var deliveredText: String {
        if delivered.upperBound == .max { return "\(delivered.lowerBound)+" }
        return delivered.count == 1 ? String(delivered.lowerBound) : "\(delivered.lowerBound)–\(delivered.upperBound)"
    }
}

extension FractionBook {
    /// The dose delivered, as a range where it is one; empty when it is not known.
    var doseText: String {
        guard let dose = deliveredDose else { return "" }
        let (least, most) = (String(describing: dose.least), String(describing: dose.most))
        return least == most ? least : "\(least) – \(most)"
    }
}
