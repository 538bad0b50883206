import Schema

/// Rules on fractions given: facts are kept, and what breaks a rule is listed.
enum FractionRules {
    static func findings(in book: FractionBook, order: OrderBody, state: RecordState) -> [Finding] {
        var findings: [Finding] = []
        func add(_ line: FractionBook.Line, _ field: String, _ value: String, _ rule: String, _ text: (String, String))
        {
            findings.append(
                Finding(
                    record: line.record,
                    kind: .given,
                    field: field,
                    value: value,
                    rule: rule,
                    message: text.0,
                    remedy: text.1
                )
            )
        }
        for line in book.lines {
            guard let doubt = line.doubt else { continue }
            add(line, "fraction", "", doubt.rule, (doubt.message, doubt.remedy))
        }
        let counted = book.lines.filter { $0.isDelivered && $0.duplicateOf == nil }
        var ofPlan = 0
        for line in counted {
            if line.countsForPlan { ofPlan += 1 }
            if let prescribed = book.prescribed, line.countsForPlan {
                let number = line.number.map { Int($0) } ?? ofPlan
                if number > Int(prescribed.fractions) {
                    add(
                        line,
                        "fraction.number",
                        String(number),
                        "fraction.beyond-prescription",
                        (
                            "Fraction \(number) of a course of \(prescribed.fractions).",
                            "Correct the number, revise the prescription, or record it as extra."
                        )
                    )
                }
            }
            if line.date?.day == nil {
                add(
                    line,
                    "fraction.date",
                    line.date.map(String.init(describing:)) ?? "",
                    "fraction.no-date",
                    ("The day of the fraction is not known.", "Amend the record with the date it was given.")
                )
            }
            // A partial fraction may be as small as it likes.
            if let dose = line.dose, line.outcome == .given || dose.unit != .centigray,
                let doubt = CourseRules.doubt(ofFraction: dose)
            {
                add(
                    line,
                    "fraction.dose",
                    String(describing: dose),
                    "fraction.dose-plausible",
                    (doubt.message, doubt.remedy + " If the dose is right, say so in a note.")
                )
            } else if line.outcome == .given, line.role == .unspecified, let dose = line.dose,
                let planned = book.dosePerFraction,
                planned.unit != dose.unit || planned.value.compare(to: dose.value) != 0
            {
                add(
                    line,
                    "fraction.dose",
                    String(describing: dose),
                    "fraction.dose-differs",
                    ("The dose given is not the dose prescribed.", "Correct the record, or give the reason in a note.")
                )
            }
        }
        findings += pausedFindings(counted, order: order) + futureFindings(book.lines, state: state)
        findings += missingFindings(book, order: order)
        for pair in book.suspectedDuplicates {
            findings.append(
                Finding(
                    record: pair[1],
                    kind: .given,
                    field: "fraction",
                    value: String(describing: pair[0]),
                    rule: "fraction.maybe-duplicate",
                    message: "This record and another may be the same fraction.",
                    remedy: "Mark one as a duplicate of the other, or correct number, date or role."
                )
            )
        }
        return findings.sorted()
    }

    /// What is not here may be fractions of an open course, or say that it is held.
    private static func missingFindings(_ book: FractionBook, order: OrderBody) -> [Finding] {
        guard book.missingEntries > 0 else { return [] }
        switch Vocabulary.term(order.state.value, as: Vocabulary.OrderState.self) {
        case .completed, .stopped: return []
        case .active, .held, .resumed, nil: break
        }
        let count = book.missingEntries
        return [
            Finding(
                record: book.course,
                kind: .order,
                field: "course",
                value: String(count),
                rule: "course.entries-missing",
                message:
                    "\(count) \(count == 1 ? "entry is" : "entries are") missing here: fractions of this course, or a hold,"
                    + " may be among them.",
                remedy:
                    "Bring them back (log repair), or compare with the treatment record and say the number yourself."
            )
        ]
    }

    /// Given after the course was held or stopped: on a later day, or at a later time of that day where both times are
    /// known. A day alone does not say which came first: the fraction of the morning is given before what is seen at noon
    /// holds the course.
    private static func pausedFindings(_ lines: [FractionBook.Line], order: OrderBody) -> [Finding] {
        guard let state = Vocabulary.term(order.state.value, as: Vocabulary.OrderState.self),
            state == .held || state == .stopped, let since = date(order.state.since)
        else { return [] }
        return lines.compactMap { line in
            guard let date = line.date, since.isBefore(date) == .pass else { return nil }
            return Finding(
                record: line.record,
                kind: .given,
                field: "fraction.date",
                value: String(describing: date),
                rule: "fraction.while-\(state.rawValue)",
                message: "Given after the course was \(state.rawValue) on \(since).",
                remedy: "Tell the doctor in charge; correct the date if it is wrong."
            )
        }
    }

    /// Dated more than a day after it was entered: a wrong date or a wrong clock.
    private static func futureFindings(_ lines: [FractionBook.Line], state: RecordState) -> [Finding] {
        lines.compactMap { line in
            guard let date = line.date, let earliest = date.interval.earliest, let entered = line.enteredOn,
                entered.days(to: earliest) > 1
            else { return nil }
            return Finding(
                record: line.record,
                kind: .given,
                field: "fraction.date",
                value: String(describing: date),
                rule: "fraction.in-the-future",
                message: "Dated \(date), but entered on \(entered).",
                remedy: "Correct the date, or check the clock of the site."
            )
        }
    }

    private static func date(_ date: ClinicalDate) -> PartialDate? {
        do throws(RecordError) { return try PartialDate(date) } catch { return nil }
    }
}

extension FractionBook.Line.Doubt {
    fileprivate var rule: String {
        switch self {
        case .unreadableValue: "fraction.unreadable-value"
        case .noOutcome: "fraction.no-outcome"
        case .duplicateOfNone: "fraction.duplicate-of-none"
        }
    }

    fileprivate var message: String {
        switch self {
        case .unreadableValue: "The date or the dose of this fraction can not be read."
        case .noOutcome: "It is not recorded whether this fraction was given."
        case .duplicateOfNone: "Marked as a duplicate of a record that does not count."
        }
    }

    fileprivate var remedy: String {
        switch self {
        case .unreadableValue: "Upgrade this site, or retract the record and enter it again."
        case .noOutcome, .duplicateOfNone: "Retract the record; if the fraction was given, enter it again."
        }
    }
}
