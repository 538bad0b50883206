import Schema

/// What is known of a case on a clinical day, for rules: only what is settled, and dated no later.
package struct CaseFacts: Sendable {
    let day: CivilDay
    let states: [RecordState]
    let person: RecordState?
    let missing: [MissingEntries]

    /// - Parameters:
    ///   - states: Every record of the case, the case itself among them.
    ///   - person: Whose case it is; nil where nobody knows.
    ///   - day: For which the question is asked.
    ///   - missing: What is known to be missing here.
    package init(_ states: [RecordState], person: RecordState?, on day: CivilDay, missing: [MissingEntries] = []) {
        self.day = day
        self.states = states.filter { $0.standing != .retracted }
        self.person = person
        self.missing = missing
    }

    /// One fact with where it stands.
    struct Fact<Value> {
        var value: Value
        var record: RecordID
        var date: PartialDate?
    }

    /// What was found of something: nothing, one fact, or something nobody can use.
    enum Found<Value> {
        case nothing
        case fact(Fact<Value>)
        case unusable(RecordID, String)
    }

    /// The case itself.
    var caseState: RecordState? { states.first { $0.kind == .case } }

    /// Whether two texts are the same words, however they are typed: `pregnancy-test` is a pregnancy test.
    func isSame(_ left: String, _ right: String) -> Bool { Self.words(left) == Self.words(right) }

    private static func words(_ text: String) -> [Substring] {
        TypedText.folded(text).lowercased().split { " -_".contains($0) }
    }

    /// The statement of the latest day on or before ``day`` about a question.
    func statement(_ question: String, topic: String?) -> Found<Stated> {
        let asked = states.filter { state in
            guard state.kind == .statement else { return false }
            let body = state.displayedBody(StatementBody.self).body
            return isSame(body.question.words, question) && (topic.map { isSame(body.topic.words, $0) } ?? true)
        }
        return latest(
            asked,
            value: { $0.settledBody(StatementBody.self).body.stated },
            date: { $0.displayedBody(StatementBody.self).body.stated.date },
            isEqual: { $0.answer == $1.answer }
        )
    }

    /// The result of the latest day on or before ``day`` of an analyte.
    func result(_ analyte: String) -> Found<ResultBody> {
        let measured = states.filter { state in
            state.kind == .result && isSame(state.displayedBody(ResultBody.self).body.analyte.words, analyte)
        }
        return latest(
            measured,
            value: { $0.settledBody(ResultBody.self).body },
            date: { $0.displayedBody(ResultBody.self).body.collected },
            isEqual: { $0.value == $1.value }
        )
    }

    /// Of several, the one of the latest day; what has no date is the oldest. Two of one day that differ decide nothing.
    private func latest<Value>(
        _ states: [RecordState],
        value: (RecordState) -> Value,
        date: (RecordState) -> ClinicalDate,
        isEqual: (Value, Value) -> Bool
    ) -> Found<Value> {
        let dated = states.compactMap { state -> (state: RecordState, date: PartialDate?, order: CivilDay)? in
            let date = PartialDate(ifReadable: date(state))
            if let earliest = date?.interval.earliest, earliest > day { return nil }
            return (state, date, date?.interval.earliest ?? .first)
        }
        guard let last = dated.max(by: { ($0.order, $0.state.id) < ($1.order, $1.state.id) }) else { return .nothing }
        let same = dated.filter { $0.order == last.order }
        guard same.allSatisfy(\.state.isSettled) else { return .unusable(last.state.id, "in conflict or waiting") }
        guard same.allSatisfy({ isEqual(value($0.state), value(last.state)) }) else {
            return .unusable(last.state.id, "two of one day differ")
        }
        return .fact(Fact(value: value(last.state), record: last.state.id, date: last.date))
    }

    /// Courses that are ordered, with what was given of each.
    var courses: [(state: RecordState, book: FractionBook)] {
        let given = states.filter { $0.kind == .given }
        return orders(.course).map { ($0, FractionBook(course: $0, given: given, missing: missing)) }
    }

    func orders(_ form: OrderForm) -> [RecordState] {
        states.filter { $0.kind == .order && $0.displayedBody(OrderBody.self).body.form == form }
    }

    /// The day of the first fraction or dose of all; nil where nothing was given.
    var firstTreatment: (day: CivilDay, record: RecordID)? {
        let given = states.filter { $0.kind == .given }
        let lines =
            orders(.course).flatMap { order in given.compactMap { GivenLine($0, of: order.id, .course) } }
            + orders(.drug).flatMap { order in given.compactMap { GivenLine($0, of: order.id, .drug) } }
        return lines.filter(\.isDelivered).compactMap { line in line.date?.day.map { ($0, line.record) } }.min {
            $0.0 < $1.0
        }
    }

    /// Completed years on ``day``, least and most; nil where neither birth date nor year nor age is known.
    ///
    /// Born on 29 February, somebody completes a year on 1 March where there is no such day.
    var age: (least: Int, most: Int, record: RecordID)? {
        func years(from birth: CivilDay) -> Int {
            let (born, now) = (birth.components, day.components)
            let isReached = (now.month, now.day) >= (born.month, born.day)
            return now.year - born.year - (isReached ? 0 : 1)
        }
        guard let person, person.standing != .retracted else { return nil }
        let body = person.settledBody(PersonBody.self).body
        let date: PartialDate? =
            body.hasBirthDate
            ? PartialDate(ifReadable: body.birthDate)
            : body.hasBirthYear ? PartialDate(year: Int(body.birthYear)) : nil
        guard let interval = date?.interval, let earliest = interval.earliest, let latest = interval.latest else {
            return nil
        }
        return (years(from: latest), years(from: earliest), person.id)
    }

    /// nil where nobody said.
    var sex: String? {
        guard let body = person?.settledBody(PersonBody.self).body else { return nil }
        if body.hasBirthSex { return TypedText.folded(body.birthSex.words).lowercased() }
        return body.hasAdministrativeSex ? TypedText.folded(body.administrativeSex.words).lowercased() : nil
    }
}
