import Schema

/// Rules on anything given: facts are kept, and what breaks a rule is listed.
enum GivenRules {
    /// A rule that a record of something given breaks; the rule's name begins with what was given.
    static func finding(
        _ form: OrderForm,
        _ record: RecordID,
        field: String? = nil,
        value: String = "",
        rule: String,
        _ message: String,
        _ remedy: String
    ) -> Finding {
        Finding(
            record: record,
            kind: .given,
            field: field.map { "\(form.given).\($0)" } ?? form.given,
            value: value,
            rule: "\(form.given).\(rule)",
            message: message,
            remedy: remedy
        )
    }

    /// What holds for fractions and doses alike, in no order.
    static func findings(in given: GivenRecords, order: OrderBody) -> [Finding] {
        given.lines.flatMap { doubtFindings($0, given.form) + futureFindings($0, given.form) }
            + given.lines.filter { $0.isDelivered && $0.duplicateOf == nil }
            .flatMap { undatedFindings($0, given.form) + pausedFindings($0, given.form, order: order) }
            + missingFindings(given, order: order)
            + given.suspectedDuplicates.map { pair in
                finding(
                    given.form,
                    pair[1],
                    value: String(describing: pair[0]),
                    rule: "maybe-duplicate",
                    "This record and another may be the same \(given.form.given).",
                    "Mark one as a duplicate of the other, or correct number, date or role."
                )
            }
    }

    private static func doubtFindings(_ line: GivenLine, _ form: OrderForm) -> [Finding] {
        guard let doubt = line.doubt else { return [] }
        let (rule, message, remedy) = doubt.words(form)
        return [finding(form, line.record, rule: rule, message, remedy)]
    }

    private static func undatedFindings(_ line: GivenLine, _ form: OrderForm) -> [Finding] {
        guard line.date?.day == nil else { return [] }
        return [
            finding(
                form,
                line.record,
                field: "date",
                value: line.date.map(String.init(describing:)) ?? "",
                rule: "no-date",
                "The day of the \(form.given) is not known.",
                "Amend the record with the date it was given."
            )
        ]
    }

    /// Given after the order was held or stopped: on a later day, or at a later time of that day where both times are
    /// known. A day alone does not say which came first: the fraction of the morning is given before what is seen at noon
    /// holds the course.
    private static func pausedFindings(_ line: GivenLine, _ form: OrderForm, order: OrderBody) -> [Finding] {
        guard let state = Vocabulary.term(order.state.value, as: Vocabulary.OrderState.self),
            state == .held || state == .stopped, let since = PartialDate(ifReadable: order.state.since),
            let date = line.date,
            since.isBefore(date) == .pass
        else { return [] }
        return [
            finding(
                form,
                line.record,
                field: "date",
                value: String(describing: date),
                rule: "while-\(state.rawValue)",
                "Given after the \(form.rawValue) was \(state.rawValue) on \(since).",
                "Tell the doctor in charge; correct the date if it is wrong."
            )
        ]
    }

    /// Dated more than a day after it was entered: a wrong date or a wrong clock.
    private static func futureFindings(_ line: GivenLine, _ form: OrderForm) -> [Finding] {
        guard let date = line.date, let earliest = date.interval.earliest, let entered = line.enteredOn,
            entered.days(to: earliest) > 1
        else { return [] }
        return [
            finding(
                form,
                line.record,
                field: "date",
                value: String(describing: date),
                rule: "in-the-future",
                "Dated \(date), but entered on \(entered).",
                "Correct the date, or check the clock of the site."
            )
        ]
    }

    /// What is not here may have been given for an open order, or say that it is held.
    private static func missingFindings(_ given: GivenRecords, order: OrderBody) -> [Finding] {
        guard given.missingEntries > 0, order.isOpen else { return [] }
        let count = given.missingEntries
        return [
            Finding(
                record: given.order,
                kind: .order,
                field: given.form.rawValue,
                value: String(count),
                rule: "\(given.form.rawValue).entries-missing",
                message:
                    "\(count) \(count == 1 ? "entry is" : "entries are") missing here: \(given.form.given)s of this"
                    + " \(given.form.rawValue), or a hold, may be among them.",
                remedy:
                    "Bring them back (log repair), or compare with the treatment record and say the number yourself."
            )
        ]
    }
}

extension GivenLine.Doubt {
    fileprivate func words(_ form: OrderForm) -> (rule: String, message: String, remedy: String) {
        let again = "Retract the record; if the \(form.given) was given, enter it again."
        return switch self {
        case .unreadableValue:
            (
                "unreadable-value", "The date or the dose of this \(form.given) can not be read.",
                "Upgrade this site, or retract the record and enter it again."
            )
        case .noOutcome: ("no-outcome", "It is not recorded whether this \(form.given) was given.", again)
        case .duplicateOfNone:
            ("duplicate-of-none", "Marked as a duplicate of a record that does not count.", again)
        }
    }
}
