package import Schema

/// When the next dose of a drug is due, as seen on a day. A treatment that is not scheduled by days has none.
package struct DoseDue: Hashable, Sendable {
    package enum Standing: Hashable, Sendable {
        /// Not yet, in so many days.
        case upcoming(Int64)
        /// Today, or past its day by no more than the order allows.
        case due
        /// By so many days past its day.
        case overdue(Int64)
    }

    /// `durvalumab, cycle 4 of 26`.
    package let subject: String
    /// Its day by the order.
    package let day: CivilDay
    package let standing: Standing

    /// The result is nil when nothing becomes due: the order is held, stopped, complete or without days, something listed
    /// as a finding, a conflict or a change that has not come yet makes it uncertain, or no first dose is known.
    package init?(_ book: DoseBook, order: OrderBody, state: RecordState, on today: CivilDay) {
        switch Vocabulary.term(order.state.value, as: Vocabulary.OrderState.self) {
        case .held, .completed, .stopped: return nil
        case .active, .resumed, nil: break
        }
        // What came up to that day, as it was seen then: a later record changes no earlier day.
        let doses = book.lines.filter { line in line.countsForPlan && line.date?.day.map { $0 <= today } ?? true }
        guard state.standing == .standing, state.pending.isEmpty, let ordered = book.ordered,
            let cycle = book.cycle(after: doses), let day = DoseBook.day(after: doses, ordered)
        else { return nil }
        self.day = day
        subject = "\(ordered.drug.words), cycle \(cycle)" + (ordered.hasCycles ? " of \(ordered.cycles)" : "")
        let late = day.days(to: today)
        standing =
            late < 0 ? .upcoming(-late) : late > Int64(ordered.lateDays) ? .overdue(late) : .due
    }
}
