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

    /// Whether entries are missing that may concern the case: what they say may contradict anything.
    var isWhole: Bool { (caseState?.concerned(by: missing) ?? missing).isEmpty }

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

    /// Of several, the one of the latest day. Where dates do not say which that is, those that may be it have to agree; where one
    /// of them is not settled, or may be of after ``day``, nothing is decided.
    private func latest<Value>(
        _ states: [RecordState],
        value: (RecordState) -> Value,
        date: (RecordState) -> ClinicalDate,
        isEqual: (Value, Value) -> Bool
    ) -> Found<Value> {
        let dated = states.map { state in
            let date = state.isSettled ? PartialDate(ifReadable: date(state)) : nil
            return (state: state, date: date, interval: interval(of: date, state))
        }
        .filter { $0.interval.earliest <= day }
        let begun = dated.filter { $0.interval.latest <= day }.map(\.interval.earliest).max()
        let candidates = dated.filter { one in begun.map { one.interval.latest >= $0 } ?? true }
        guard
            let last = candidates.max(by: { ($0.interval.earliest, $0.state.id) < ($1.interval.earliest, $1.state.id) })
        else { return .nothing }
        guard candidates.allSatisfy(\.state.isSettled) else {
            return .unusable(last.state.id, "in conflict or waiting")
        }
        guard candidates.allSatisfy({ $0.interval.latest <= day }) else {
            return .unusable(last.state.id, "may be of after \(day)")
        }
        guard candidates.allSatisfy({ isEqual(value($0.state), value(last.state)) }) else {
            return .unusable(last.state.id, "which of several is the latest is not certain, and they differ")
        }
        return .fact(Fact(value: value(last.state), record: last.state.id, date: last.date))
    }

    /// The first and the last day something may be of: no later than it was entered, where its date leaves that open. Of what is
    /// not settled the date is not either.
    private func interval(of date: PartialDate?, _ state: RecordState) -> (earliest: CivilDay, latest: CivilDay) {
        guard state.isSettled else { return (.first, .last) }
        let earliest = date?.interval.earliest ?? .first
        let latest = date?.interval.latest ?? .last
        guard let entered = state.change(state.id)?.context.recorded.day, entered >= earliest else {
            return (earliest, latest)
        }
        return (earliest, min(latest, entered))
    }

    /// Courses that are ordered, with what was given of each.
    var courses: [(state: RecordState, book: FractionBook)] {
        let given = states.filter { $0.kind == .given }
        return orders(.course).map { ($0, FractionBook(course: $0, given: given, missing: missing)) }
    }

    func orders(_ form: OrderForm) -> [RecordState] {
        states.filter { $0.kind == .order && $0.displayedBody(OrderBody.self).body.form == form }
    }

    /// When treatment began.
    enum Beginning {
        case never
        case on(CivilDay, RecordID)
        /// Something was given, or may have been, on a day nobody knows.
        case unknown(RecordID)
    }

    /// The first fraction or dose of all.
    var beginning: Beginning {
        var first: (day: CivilDay, record: RecordID)?
        for state in states where state.kind == .given {
            let given = state.displayedBody(GivenBody.self).body
            let outcome = given.hasFraction ? given.fraction.outcome : given.dose.outcome
            // What is not settled may be a treatment, whatever is shown.
            guard state.isSettled else { return .unknown(state.id) }
            if outcome == .notGiven { continue }
            let date = PartialDate(ifReadable: given.hasFraction ? given.fraction.date : given.dose.date)
            guard outcome != .unspecified, let day = date?.day else { return .unknown(state.id) }
            if first.map({ day < $0.day }) ?? true { first = (day, state.id) }
        }
        return first.map { .on($0.day, $0.record) } ?? .never
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
        guard let person, person.standing == .standing else { return nil }
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

    /// nil where nobody said, and while one of two that were stated is not settled.
    var sex: String? {
        guard let person, person.standing == .standing else { return nil }
        let fields = ["birth_sex", "administrative_sex"].compactMap { Registry.fieldNumber($0, of: .person) }
        guard fields.allSatisfy({ person[$0].map { $0.settled != nil } ?? true }) else { return nil }
        let body = person.settledBody(PersonBody.self).body
        if body.hasBirthSex { return TypedText.folded(body.birthSex.words).lowercased() }
        return body.hasAdministrativeSex ? TypedText.folded(body.administrativeSex.words).lowercased() : nil
    }
}
