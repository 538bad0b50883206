import Schema

/// What the rules of a protocol say of a case on a day. Unknown never passes.
package struct Screening: Sendable {
    package enum Outcome: String, Hashable, Sendable {
        case pass, fail, unknown
        case notApplicable = "not applicable"
    }

    package struct Line: Hashable, Sendable {
        package var rule: TrialProtocol.Rule
        package var outcome: Outcome
        /// What decided it, in words: the value, or what is missing.
        package var because: String
        /// The records it rests on, ascending.
        package var records: [RecordID]
        /// Something to be seen although it decides nothing.
        package var note: String?
    }

    /// What all rules together come to.
    package enum Result: String, Hashable, Sendable {
        case eligible
        /// The same while nobody at the site has confirmed the protocol.
        case noRuleFailed = "no rule failed"
        case undecided
        case notEligible = "not eligible"
    }

    package let lines: [Line]
    package let isConfirmed: Bool

    /// - Parameters:
    ///   - trial: The protocol.
    ///   - facts: Of the case.
    ///   - isConfirmed: Whether a named person at the site approved this version.
    package init(_ trial: TrialProtocol, of facts: CaseFacts, isConfirmed: Bool) {
        self.isConfirmed = isConfirmed
        var lines: [Line] = []
        for rule in trial.rules {
            let judged = facts.judge(rule.form, before: lines)
            lines.append(
                Line(
                    rule: rule,
                    outcome: judged.outcome,
                    because: judged.because,
                    records: Set(judged.records).sorted(),
                    note: judged.note
                )
            )
        }
        self.lines = lines
    }

    /// Inclusion and exclusion decide; what a rule of the treatment says stands beside.
    package var result: Result {
        let deciding = lines.filter { $0.rule.group != .treatment }.map(\.outcome)
        if deciding.contains(.fail) { return .notEligible }
        if deciding.contains(.unknown) { return .undecided }
        return isConfirmed ? .eligible : .noRuleFailed
    }

    /// Ids of the ambiguities whose default decided a rule that is not unknown, in the order of the protocol.
    package func ambiguities(of trial: TrialProtocol) -> [TrialProtocol.Ambiguity] {
        let used = Set(lines.filter { $0.outcome != .unknown }.flatMap(\.rule.ambiguities))
        return trial.ambiguities.filter { used.contains($0.id) }
    }
}

/// What one form says of a case.
private struct Judged {
    var outcome: Screening.Outcome
    var because: String
    var records: [RecordID] = []
    var note: String?

    init(_ outcome: Screening.Outcome, _ because: String, _ records: [RecordID] = [], note: String? = nil) {
        self.outcome = outcome
        self.because = because
        self.records = records
        self.note = note
    }

    init(_ verdict: Verdict, _ because: String, _ records: [RecordID] = []) {
        switch verdict {
        case .pass: self.init(Screening.Outcome.pass, because, records)
        case .fail: self.init(Screening.Outcome.fail, because, records)
        case .unknown: self.init(Screening.Outcome.unknown, because, records)
        }
    }

    static func unknown(_ because: String, _ records: [RecordID] = []) -> Judged {
        Judged(Screening.Outcome.unknown, because, records)
    }
}

extension CaseFacts {
    fileprivate func judge(_ form: RuleForm, before lines: [Screening.Line]) -> Judged {
        switch form {
        case .statement(let question, let topic, let answer, let days):
            return statement(question, topic, answer, withinDays: days)
        case .notWithin(let question, let months): return notWithin(question, months: months)
        case .diagnosis(let methods, let histology, let others): return diagnosis(methods, histology, others)
        case .stage(let edition, let groups): return stage(edition, groups)
        case .age(let from, let to): return age(from: from, to: to)
        case .result(let analyte, let comparison, let limit, let method, let days):
            return result(analyte, comparison, limit, method: method, withinDays: days)
        case .words(let analyte, let words): return self.words(analyte, words)
        case .normal(let analytes): return combined(analytes.map(normal), isAny: false)
        case .tested(let analytes): return tested(analytes)
        case .course(let sites, let isOthers, let techniques, let dose):
            return course(sites, isOthers: isOthers, techniques, above: dose)
        case .prescribed(let sites, let volumes): return prescribed(sites, volumes)
        case .untreated: return untreated
        case .consent(let topics): return combined(topics.map(consent), isAny: false)
        case .notPregnant: return notPregnant
        case .window(let from, let to): return window(from: from, to: to)
        case .lesions(let most): return lesions(atMost: most)
        case .any(let forms): return combined(forms.map { judge($0, before: lines) }, isAny: true)
        case .all(let forms): return combined(forms.map { judge($0, before: lines) }, isAny: false)
        case .when(let condition, let form):
            let asked = judge(condition, before: lines)
            switch asked.outcome {
            case .pass:
                var judged = judge(form, before: lines)
                judged.records += asked.records
                return judged
            case .fail, .notApplicable: return Judged(.notApplicable, asked.because, asked.records)
            case .unknown: return .unknown(asked.because, asked.records)
            }
        case .advice(let form):
            let judged = judge(form, before: lines)
            guard judged.outcome != .pass, judged.outcome != .notApplicable else { return judged }
            return Judged(Screening.Outcome.pass, judged.because, judged.records, note: judged.because)
        case .rules(let ids):
            let named = lines.filter { ids.contains($0.rule.id) }
            return combined(
                named.map { Judged($0.outcome, "\($0.rule.id) \($0.outcome.rawValue)", $0.records) },
                isAny: false
            )
        case .judgement: return .unknown("nothing that is recorded decides it")
        }
    }

    /// All of them have to hold, or one; the words are of those that decided.
    private func combined(_ parts: [Judged], isAny: Bool) -> Judged {
        let (good, bad): (Screening.Outcome, Screening.Outcome) = isAny ? (.fail, .pass) : (.pass, .fail)
        let asked = parts.filter { $0.outcome != .notApplicable }
        guard !asked.isEmpty else {
            return Judged(.notApplicable, parts.first?.because ?? "", parts.flatMap(\.records))
        }
        let outcome: Screening.Outcome =
            asked.contains { $0.outcome == bad } ? bad : asked.contains { $0.outcome == .unknown } ? .unknown : good
        let deciding = asked.filter { $0.outcome == outcome }
        var judged = Judged(outcome, Self.listed(deciding.map(\.because)), deciding.flatMap(\.records))
        // Of two ways to satisfy a rule one holds and one does not: somebody should look.
        if isAny, outcome == .pass, let other = asked.first(where: { $0.outcome == .fail }) {
            judged.note = "but \(other.because)"
        }
        return judged
    }

    /// Each once, in their order.
    private static func listed(_ reasons: [String]) -> String {
        var seen: [String] = []
        for reason in reasons where !seen.contains(reason) { seen.append(reason) }
        return seen.joined(separator: "; ")
    }

    private func answerWords(_ question: String, _ topic: String?, _ stated: Stated) -> String {
        let about = topic.map { " (\($0))" } ?? ""
        let by = stated.by.isEmpty ? "" : ", \(stated.by)"
        let date = PartialDate(ifReadable: stated.date).map { ", \($0)" } ?? ""
        let answer =
            switch stated.answer {
            case .yes: "yes"
            case .no: "no"
            default: "unknown"
            }
        return "\(question)\(about): \(answer)\(by)\(date)"
    }

    private func statement(_ question: String, _ topic: String?, _ answer: Answer, withinDays: Int64?) -> Judged {
        switch statement(question, topic: topic) {
        case .nothing: return .unknown("no statement: \(question)\(topic.map { " (\($0))" } ?? "")")
        case .unusable(let record, let why): return .unknown("\(question): \(why)", [record])
        case .fact(let fact):
            let words = answerWords(question, topic, fact.value)
            guard fact.value.answer == .yes || fact.value.answer == .no else { return .unknown(words, [fact.record]) }
            if let withinDays {
                guard let earliest = fact.date?.interval.earliest, earliest.days(to: day) <= withinDays else {
                    return .unknown("\(words): older than \(withinDays) days", [fact.record])
                }
            }
            return Judged(fact.value.answer == answer ? Verdict.pass : .fail, words, [fact.record])
        }
    }

    private func notWithin(_ question: String, months: Int) -> Judged {
        switch statement(question, topic: nil) {
        case .nothing: return .unknown("no statement: \(question)")
        case .unusable(let record, let why): return .unknown("\(question): \(why)", [record])
        case .fact(let fact):
            let words = answerWords(question, nil, fact.value)
            if fact.value.answer == .no { return Judged(Verdict.pass, words, [fact.record]) }
            guard fact.value.answer == .yes, let limit = day.advanced(byMonths: -months), let date = fact.date else {
                return .unknown(words, [fact.record])
            }
            // The first day of the window excludes too.
            if let earliest = date.interval.earliest, earliest >= limit {
                return Judged(Verdict.fail, words, [fact.record])
            }
            if let latest = date.interval.latest, latest < limit { return Judged(Verdict.pass, words, [fact.record]) }
            return .unknown("\(words): may be before \(limit) or not", [fact.record])
        }
    }

    private func contains(_ words: String, _ any: [String]) -> Bool {
        let folded = TypedText.folded(words).lowercased()
        return any.contains { folded.contains(TypedText.folded($0).lowercased()) }
    }

    private func diagnosis(_ methods: [String], _ histology: [String], _ others: [String]) -> Judged {
        guard let state = caseState else { return .unknown("no case") }
        let diagnosis = state.settledBody(CaseBody.self).body.diagnosis
        guard diagnosis.hasHistology else { return .unknown("no histology", [state.id]) }
        let words = diagnosis.histology.words
        // Non-small is no small.
        guard contains(words, histology) else {
            return Judged(contains(words, others) ? Verdict.fail : .unknown, words, [state.id])
        }
        guard diagnosis.hasMethod else { return .unknown("\(words), no method", [state.id]) }
        let text = "\(words), \(diagnosis.method.words)"
        return Judged(contains(diagnosis.method.words, methods) ? Verdict.pass : .unknown, text, [state.id])
    }

    private func stage(_ edition: String, _ groups: [String]) -> Judged {
        guard let state = caseState else { return .unknown("no case") }
        let stage = state.settledBody(CaseBody.self).body.stage
        guard stage.hasT || stage.hasM else { return .unknown("no T, N and M", [state.id]) }
        let words =
            [stage.t, stage.n, stage.m].filter { !$0.isEmpty }.joined(separator: " ") + ", edition \(stage.edition)"
        guard TypedText.folded(stage.edition) == edition, let answer = stage.computed, !answer.candidates.isEmpty else {
            return .unknown(words, [state.id])
        }
        let text = "\(words): \(answer.candidates.joined(separator: " or "))"
        guard StageRules.findings(of: state).isEmpty else {
            return .unknown("\(text), reported \(stage.reportedGroup)", [state.id])
        }
        let fitting = answer.candidates.count { groups.contains($0) }
        let verdict: Verdict = fitting == answer.candidates.count ? .pass : fitting == 0 ? .fail : .unknown
        return Judged(verdict, text, [state.id])
    }

    private func age(from: Int, to: Int) -> Judged {
        guard let age else { return .unknown("no date or year of birth that can be read here") }
        let text = age.least == age.most ? "\(age.least) years" : "\(age.least) or \(age.most) years"
        if age.least >= from, age.most <= to { return Judged(Verdict.pass, text, [age.record]) }
        if age.most < from || age.least > to { return Judged(Verdict.fail, text, [age.record]) }
        return .unknown(text, [age.record])
    }

    private func result(
        _ analyte: String,
        _ comparison: Comparison,
        _ limit: Measure,
        method: String?,
        withinDays: Int64?
    ) -> Judged {
        switch result(analyte) {
        case .nothing: return .unknown("no \(analyte)")
        case .unusable(let record, let why): return .unknown("\(analyte): \(why)", [record])
        case .fact(let fact):
            guard fact.value.value.hasQuantity else { return .unknown("\(analyte): no number", [fact.record]) }
            let measure: Measure
            do throws(RecordError) {
                measure = try Measure(fact.value.value.quantity)
            } catch {
                return .unknown("\(analyte): \(error.message)", [fact.record])
            }
            let date = fact.date.map { ", \($0)" } ?? ""
            let text = "\(analyte) \(measure)\(date)"
            if let method, !isSame(fact.value.method.words, method) {
                let found = fact.value.method.words
                return .unknown(
                    "\(text): \(found.isEmpty ? "not said by what" : "by \(found)"), not \(method)",
                    [fact.record]
                )
            }
            if let withinDays {
                guard let earliest = fact.date?.interval.earliest, earliest.days(to: day) <= withinDays else {
                    return .unknown("\(text): older than \(withinDays) days", [fact.record])
                }
            }
            let verdict = measure.verdict(comparison, limit)
            let margin = verdict == .fail ? Self.margin(measure, limit) : ""
            let needed = "\(comparison.rawValue)\(limit)"
            return Judged(verdict, verdict == .pass ? text : "\(text), needed \(needed)\(margin)", [fact.record])
        }
    }

    /// By how much a value missed its limit.
    private static func margin(_ measure: Measure, _ limit: Measure) -> String {
        do throws(RecordError) {
            let difference = try ExactRatio(measure.value) - ExactRatio(limit.value)
            let distance = try difference.compare(to: .zero) < 0 ? ExactRatio.zero - difference : difference
            let isExact = measure.comparator == .equal && measure.unit == limit.unit && distance != .zero
            return isExact ? ", off by \(distance.decimals)" : ""
        } catch {
            return ""
        }
    }

    private func words(_ analyte: String, _ words: [String]) -> Judged {
        switch result(analyte) {
        case .nothing: return .unknown("no \(analyte)")
        case .unusable(let record, let why): return .unknown("\(analyte): \(why)", [record])
        case .fact(let fact):
            guard fact.value.value.hasCoded else { return .unknown("\(analyte): no words", [fact.record]) }
            let found = fact.value.value.coded.words
            return Judged(
                words.contains { isSame(found, $0) } ? Verdict.pass : .fail,
                "\(analyte) \(found)",
                [fact.record]
            )
        }
    }

    private func normal(_ analyte: String) -> Judged {
        switch result(analyte) {
        case .nothing: return .unknown("no \(analyte)")
        case .unusable(let record, let why): return .unknown("\(analyte): \(why)", [record])
        case .fact(let fact):
            do throws(RecordError) {
                let (range, measure) = (fact.value.referenceRange, try Measure(fact.value.value.quantity))
                guard range.hasLow || range.hasHigh else {
                    return .unknown("\(analyte) \(measure): no range of normal", [fact.record])
                }
                func verdict(_ comparison: Comparison, _ isSaid: Bool, _ limit: Decimal) throws(RecordError) -> Verdict
                {
                    isSaid ? measure.verdict(comparison, Measure(try DecimalNumber(limit), measure.unit)) : .pass
                }
                let both = [
                    try verdict(.greaterOrEqual, range.hasLow, range.low),
                    try verdict(.lessOrEqual, range.hasHigh, range.high),
                ]
                let outcome: Verdict = both.contains(.fail) ? .fail : both.contains(.unknown) ? .unknown : .pass
                return Judged(outcome, "\(analyte) \(measure)", [fact.record])
            } catch {
                return .unknown("\(analyte): no number", [fact.record])
            }
        }
    }

    /// What was said not to be tested fails; of what nobody said anything it is unknown.
    private func tested(_ analytes: [String]) -> Judged {
        combined(
            analytes.map { analyte in
                switch result(analyte) {
                case .nothing: .unknown("not tested: \(analyte)")
                case .unusable(let record, let why): .unknown("\(analyte): \(why)", [record])
                case .fact(let fact):
                    Judged(
                        fact.value.hasValue ? Verdict.pass : .fail,
                        fact.value.hasValue ? "\(analyte) tested" : "not tested: \(analyte)",
                        [fact.record]
                    )
                }
            },
            isAny: false
        )
    }

    private func courses(at sites: [String], isOthers: Bool) -> [(state: RecordState, course: Course)] {
        orders(.course).compactMap { state in
            let order = state.settledBody(OrderBody.self).body
            guard order.hasCourse, contains(order.course.site.site.words, sites) != isOthers else { return nil }
            return (state, order.course)
        }
    }

    private func course(_ sites: [String], isOthers: Bool, _ techniques: [String], above: Measure?) -> Judged {
        let courses = courses(at: sites, isOthers: isOthers)
        guard !courses.isEmpty else {
            return isOthers
                ? Judged(.notApplicable, "no course to another site")
                : .unknown("no course to \(sites.joined(separator: ", "))")
        }
        return combined(
            courses.flatMap { state, course -> [Judged] in
                // That it is there is all that is asked.
                if techniques.isEmpty, above == nil { return [Judged(Verdict.pass, course.name, [state.id])] }
                var parts: [Judged] = []
                if !techniques.isEmpty {
                    let words = course.technique.words
                    parts.append(
                        words.isEmpty
                            ? .unknown("\(course.name): no technique", [state.id])
                            : Judged(
                                contains(words, techniques) ? Verdict.pass : .fail,
                                "\(course.name): \(words)",
                                [state.id]
                            )
                    )
                }
                if let above {
                    do throws(RecordError) {
                        let dose = try Measure(course.prescriptions.first?.dosePerFraction ?? Quantity())
                        parts.append(
                            Judged(dose.verdict(.greater, above), "\(course.name): \(dose) per fraction", [state.id])
                        )
                    } catch {
                        parts.append(.unknown("\(course.name): no dose per fraction", [state.id]))
                    }
                }
                return parts
            },
            isAny: false
        )
    }

    private func prescribed(_ sites: [String], _ volumes: [String]) -> Judged {
        let courses = courses(at: sites, isOthers: false)
        guard let (state, course) = courses.first else {
            return .unknown("no course to \(sites.joined(separator: ", "))")
        }
        let missing = volumes.filter { volume in !course.prescriptions.contains { isSame($0.volume, volume) } }
        return missing.isEmpty
            ? Judged(Verdict.pass, "\(course.name): \(volumes.joined(separator: ", "))", [state.id])
            : .unknown("\(course.name): no dose to \(missing.joined(separator: ", "))", [state.id])
    }

    private var untreated: Judged {
        if let first = firstTreatment, first.day < day {
            return Judged(Verdict.fail, "treated since \(first.day)", [first.record])
        }
        return Judged(Verdict.pass, "nothing given before \(day)")
    }

    private func consent(_ topic: String) -> Judged {
        switch statement(Vocabulary.Question.consent.rawValue, topic: topic) {
        case .nothing: return .unknown("no consent to \(topic)")
        case .unusable(let record, let why): return .unknown("consent to \(topic): \(why)", [record])
        case .fact(let fact):
            let text = answerWords("consent", topic, fact.value)
            guard fact.value.answer == .yes else {
                return Judged(fact.value.answer == .no ? Verdict.fail : .unknown, text, [fact.record])
            }
            guard let first = firstTreatment else { return Judged(Verdict.pass, text, [fact.record]) }
            guard let interval = fact.date?.interval, let earliest = interval.earliest, let latest = interval.latest
            else {
                return .unknown(text, [fact.record])
            }
            let verdict: Verdict = latest <= first.day ? .pass : earliest > first.day ? .fail : .unknown
            return Judged(verdict, "\(text); treated since \(first.day)", [fact.record, first.record])
        }
    }

    private var notPregnant: Judged {
        guard let sex else { return .unknown("sex not known") }
        if ["male", "m", "man", "男"].contains(sex) { return Judged(.notApplicable, sex) }
        let test: Judged
        switch result(Vocabulary.pregnancyTest) {
        case .nothing: test = .unknown("no pregnancy test")
        case .unusable(let record, let why): test = .unknown("pregnancy test: \(why)", [record])
        case .fact(let fact):
            let coded = fact.value.value.coded
            let isPositive = coded.isCode(Vocabulary.positive, of: Vocabulary.system) || isSame(coded.words, "positive")
            let text = "pregnancy test \(coded.words)\(fact.date.map { ", \($0)" } ?? "")"
            test =
                isPositive
                ? Judged(Verdict.fail, text, [fact.record])
                : isSame(coded.words, "negative")
                    ? Judged(Verdict.pass, text, [fact.record]) : .unknown(text, [fact.record])
        }
        return combined([test, statement("lactation", nil, .no, withinDays: nil)], isAny: false)
    }

    private func window(from: Int64, to: Int64) -> Judged {
        let begun = courses.filter { !$0.book.lines.filter(\.isDelivered).isEmpty }
        guard let (state, book) = begun.max(by: { Self.last($0.book) ?? .first < Self.last($1.book) ?? .first }) else {
            return .unknown("no course was given")
        }
        let name = state.displayedBody(OrderBody.self).body.name
        let isOver = book.isComplete || !state.displayedBody(OrderBody.self).body.isOpen
        guard isOver, book.isCertain, let last = Self.last(book) else {
            return .unknown("\(name) is not complete, or not certain", [state.id])
        }
        let number = last.days(to: day)
        let verdict: Verdict = (from...to).contains(number) ? .pass : .fail
        return Judged(verdict, "day \(number) after the last fraction of \(name), \(last)", [state.id])
    }

    private static func last(_ book: FractionBook) -> CivilDay? {
        book.lines.filter { $0.isDelivered && $0.duplicateOf == nil }.compactMap { $0.date?.day }.max()
    }

    private func lesions(atMost most: Int) -> Judged {
        let lesions = states.compactMap(Lesion.init)
        guard !lesions.isEmpty else { return .unknown("no lesions recorded") }
        let count = lesions.count
        return Judged(count <= most ? Verdict.pass : .fail, "\(count) lesions", lesions.map(\.record))
    }
}
